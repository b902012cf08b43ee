// A fault: sends the payment by script, once for each click. A browser that submits a form
// itself drops the first request when the second click comes; a script sends both.
(function () {
  "use strict";
  var form = document.querySelector("[data-testid=payment-form]");
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) })
      .then(function (answer) {
        if (answer.redirected) {
          location.href = answer.url;
          return;
        }
        answer.text().then(function (page) {
          document.open();
          document.write(page);
          document.close();
        });
      })
      .catch(function () {
        form.submit(); // the bank's page lies elsewhere: a script may not follow there
      });
  });
})();
