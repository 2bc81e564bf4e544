/* Opens Paytm's JS Checkout on the button. Whatever goes wrong, the form still leads to the hosted page.
   Source of names and rules: Paytm docs, JS Checkout: handlers are ordinary functions, onLoad is not called in a click. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-js-checkout]");
  var given = JSON.parse(document.getElementById("paytm-kit-js-checkout").textContent);
  var ready = false;

  function notifyMerchant(event) {
    if (event === "SESSION_EXPIRED") { location.reload(); }
  }

  function prepare() {
    var checkout = window.Paytm && window.Paytm.CheckoutJS;
    if (!checkout) { return; }
    checkout.onLoad(function () {
      checkout.init({
        root: "",
        flow: "DEFAULT",
        data: { orderId: given.orderId, token: given.token, tokenType: "TXN_TOKEN", amount: given.amount },
        merchant: { mid: given.mid, redirect: true },
        handler: { notifyMerchant: notifyMerchant }
      }).then(function () {
        ready = true;
        form.dataset.ready = "yes";
      }).catch(function () { ready = false; });
    });
  }

  form.addEventListener("submit", function (event) {
    if (!ready) { return; }
    event.preventDefault();
    window.Paytm.CheckoutJS.invoke();
  });

  var loader = document.createElement("script");
  loader.src = form.dataset.jsCheckout;
  loader.onload = prepare;
  document.head.appendChild(loader);
})();
