/* Sends the form on by itself. Not when the shopper came Back to this page: then the button waits for them. */
(function () {
  "use strict";
  var entry = performance.getEntriesByType("navigation")[0];
  if (entry && entry.type === "back_forward") { return; }
  document.querySelector("form[data-autosubmit]").submit();
})();
