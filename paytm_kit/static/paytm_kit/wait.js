/* While a payment is being confirmed: asks every few seconds and reloads when it is over. Slows down, then stops. */
(function () {
  "use strict";
  var url = document.querySelector("[data-wait]").dataset.wait;
  var pauses = [2, 3, 5, 5, 10, 10, 15, 30, 30, 60, 60, 60, 60, 60, 60];
  function again() {
    var pause = pauses.shift();
    if (pause) { setTimeout(look, pause * 1000); }
  }
  function look() {
    fetch(url, { credentials: "same-origin", cache: "no-store" })
      .then(function (answer) { return answer.json(); })
      .then(function (status) { if (status.done) { location.reload(); } else { again(); } })
      .catch(again);
  }
  again();
})();
