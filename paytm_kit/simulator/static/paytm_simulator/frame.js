// The last page: alone it posts the callback by itself; inside JS Checkout it hands it to the page around it.
// Either waits for the form's data-wait seconds (fault callback.delayed).
(function () {
  "use strict";
  var form = document.getElementById("callback");
  var wait = form ? Number(form.dataset.wait) * 1000 : 0;

  function say() {
    if (!form) {
      return { paytmSimulator: "event", event: document.body.dataset.event };
    }
    var fields = {};
    new FormData(form).forEach(function (value, name) {
      fields[name] = value;
    });
    return { paytmSimulator: "callback", url: form.action, fields: fields };
  }

  if (window.parent === window) {
    if (form) {
      window.setTimeout(function () {
        form.submit();
      }, wait);
    }
    return;
  }
  // The checkout script asks after every load; only the page that embeds us gets the answer, at its own origin.
  window.addEventListener("message", function (message) {
    if (message.source === window.parent && message.data === "paytm-simulator:ready") {
      window.setTimeout(function () {
        message.source.postMessage(say(), message.origin);
      }, wait);
    }
  });
})();
