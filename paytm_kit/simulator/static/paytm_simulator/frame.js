// The last page: alone it posts the callback by itself; inside JS Checkout it hands it to the page around it.
(function () {
  "use strict";
  var form = document.getElementById("callback");

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
      form.submit();
    }
    return;
  }
  // The checkout script asks after every load; only the page that embeds us gets the answer, at its own origin.
  window.addEventListener("message", function (message) {
    if (message.source === window.parent && message.data === "paytm-simulator:ready") {
      message.source.postMessage(say(), message.origin);
    }
  });
})();
