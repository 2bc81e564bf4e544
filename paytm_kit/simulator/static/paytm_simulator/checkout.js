// JS Checkout as Paytm's loader offers it: window.Paytm.CheckoutJS with onLoad, init, invoke, close.
// It opens the simulator's payment page in a frame and ends with a form POST to callbackUrl, or with
// handler.transactionStatus when merchant.redirect is false. This is not Paytm; no real money moves.
(function () {
  "use strict";
  var source = new URL(document.currentScript.src);
  var mid = decodeURIComponent(source.pathname.split("/").pop().replace(/\.js$/, ""));
  var config = null;
  var overlay = null;
  var frame = null;

  function missing(wanted) {
    var data = wanted && wanted.data;
    return ["orderId", "token", "tokenType", "amount"].filter(function (name) {
      return !data || !data[name];
    });
  }

  function tell(event, data) {
    if (config && config.handler && typeof config.handler.notifyMerchant === "function") {
      config.handler.notifyMerchant(event, data);
    }
  }

  function dress(element, style) {
    Object.keys(style).forEach(function (name) {
      element.style[name] = style[name];
    });
    return element;
  }

  function closeButton() {
    var button = dress(document.createElement("button"), {
      alignSelf: "flex-end", flex: "none", margin: "4px 4px 4px 0", width: "44px", height: "44px", border: "0",
      borderRadius: "22px", background: "#fff", color: "#22302c", fontSize: "22px", cursor: "pointer",
    });
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", "Close the payment window");
    button.addEventListener("click", function () {
      close();
      tell("APP_CLOSED");
    });
    return button;
  }

  function popUp() {
    var box = dress(document.createElement("div"), {
      position: "fixed", inset: "0", zIndex: "2147483000", background: "rgba(20, 28, 26, 0.6)",
      display: "flex", alignItems: "center", justifyContent: "center",
    });
    // The button stands above the frame, never over it: on a phone it would hide what the page says there.
    var sheet = dress(document.createElement("div"), {
      display: "flex", flexDirection: "column", width: "min(100%, 520px)", height: "min(100%, 812px)",
    });
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "true");
    box.setAttribute("aria-label", "Payment");
    box.addEventListener("keydown", escape);
    dress(frame, { flex: "1", minHeight: "0", height: "auto", borderRadius: "12px" });
    sheet.append(closeButton(), frame);
    box.append(sheet);
    document.body.append(box);
    return box;
  }

  function escape(event) {
    if (event.key === "Escape") {
      close();
      tell("APP_CLOSED");
    }
  }

  function close() {
    window.removeEventListener("message", listen);
    if (overlay) {
      overlay.remove();
    }
    overlay = frame = null;
  }

  function postBack(url, fields) {
    var form = document.createElement("form");
    form.method = "POST";
    form.action = url;
    form.hidden = true;
    Object.keys(fields).forEach(function (name) {
      var input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = fields[name];
      form.append(input);
    });
    document.body.append(form);
    form.submit();
  }

  function listen(message) {
    if (!frame || message.source !== frame.contentWindow || message.origin !== source.origin) {
      return;
    }
    var said = message.data;
    if (said.paytmSimulator === "event") {
      tell(said.event);
    } else if (said.paytmSimulator === "callback") {
      if (config.merchant && config.merchant.redirect === false) {
        config.handler.transactionStatus(said.fields);
      } else {
        close();
        postBack(said.url, said.fields);
      }
    }
  }

  function invoke() {
    if (!config) {
      throw new Error("Call Paytm.CheckoutJS.init(config) first.");
    }
    close();
    var query = new URLSearchParams({ mid: mid, orderId: config.data.orderId, txnToken: config.data.token });
    frame = dress(document.createElement("iframe"), { border: "0", background: "#fff", width: "100%", height: "100%" });
    frame.title = "Payment";
    frame.src = source.origin + "/merchantpgpui/checkoutjs/frame?" + query;
    frame.addEventListener("load", function () {
      if (frame) {
        frame.contentWindow.postMessage("paytm-simulator:ready", source.origin);
        if (!overlay.contains(document.activeElement)) {  // never away from a shopper who is at "close" already
          frame.focus();
        }
      }
    });
    window.addEventListener("message", listen);
    var root = config.root ? document.querySelector(config.root) : null;
    if (root) {
      root.append(frame);
      overlay = frame;
    } else {
      overlay = popUp();
    }
  }

  function init(wanted) {
    var lacks = missing(wanted);
    if (lacks.length) {
      return Promise.reject(new Error("Paytm.CheckoutJS.init: data." + lacks.join(", data.") + " is missing."));
    }
    config = wanted;
    return Promise.resolve();
  }

  window.Paytm = window.Paytm || {};
  window.Paytm.CheckoutJS = {
    init: init,
    invoke: invoke,
    close: close,
    onLoad: function (callback) {
      window.setTimeout(callback, 0);
    },
  };
})();
