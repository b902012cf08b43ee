// The shop's own script: nothing that a purchase depends on.
(function () {
  "use strict";

  // Bring a screen reader, and everybody else, to what went wrong.
  var alert = document.querySelector("main [role=alert][tabindex]");
  if (alert) {
    alert.focus();
  }

  // Group the digits of a card number while it is typed.
  var number = document.getElementById("cc_number");
  if (number) {
    number.addEventListener("change", function () {
      var digits = number.value.replace(/\D/g, "").slice(0, 19);
      number.value = digits.replace(/(.{4})(?=.)/g, "$1 ");
    });
  }

  // Show what the typed cents are in euro.
  var amount = document.querySelector("input[name=amount_cents]");
  if (amount) {
    var hint = document.getElementById("amount_cents-hint");
    var usual = hint.textContent;
    amount.addEventListener("input", function () {
      var cents = Number(amount.value);
      hint.textContent = cents > 0 ? "That is \u20ac\u00a0" + (cents / 100).toFixed(2) : usual;
    });
  }
})();
