// The marks of the platforms that there are presets for: platform -> what was seen.
() => {
  const has = (selector) => Boolean(document.querySelector(selector));
  const generator = (document.querySelector("meta[name=generator i]")?.content || "").slice(0, 80);
  const files = [...document.querySelectorAll("script[src],link[href],img[src]")].slice(0, 400)
    .map((one) => one.src || one.href || "").join("\n");
  const seen = {woocommerce: [], shopify: [], magento: [], prestashop: [], shopware: []};
  for (const [name, word] of [["woocommerce", /woocommerce/i], ["prestashop", /prestashop/i],
      ["magento", /magento/i], ["shopware", /shopware/i], ["shopify", /shopify/i]])
    if (word.test(generator)) seen[name].push(`generator "${generator}"`);
  if (/\bwoocommerce/.test(document.body?.className || "")) seen.woocommerce.push("class woocommerce");
  if (/\/plugins\/woocommerce\//.test(files)) seen.woocommerce.push("/plugins/woocommerce/");
  if (window.Shopify) seen.shopify.push("window.Shopify");
  if (/\/cdn\/shop\/|cdn\.shopify\.com/.test(files)) seen.shopify.push("/cdn/shop/");
  if (has("script[type='text/x-magento-init']")) seen.magento.push("text/x-magento-init");
  if (/\/static\/version\d+\//.test(files)) seen.magento.push("/static/version…/");
  if (window.prestashop) seen.prestashop.push("window.prestashop");
  if (/\/themes\/[\w-]+\/assets\/cache\/|\/modules\/ps_/.test(files)) seen.prestashop.push("/modules/ps_…");
  if (/\/bundles\/storefront\/|\/theme\/[0-9a-f]{32}\//.test(files)) seen.shopware.push("/theme/…/");
  if (has("[data-offcanvas-cart],[data-off-canvas-cart],.cookie-permission-container"))
    seen.shopware.push("data-off-canvas-cart");
  return seen;
}
