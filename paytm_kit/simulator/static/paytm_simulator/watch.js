// A watching page keeps itself up to date: it asks for its own address again and changes only what is different, so
// that focus, scrolling, open details and half-typed fields stay. 304 = nothing changed. It rests while nobody looks.
(function () {
  "use strict";
  var EVERY = 1000, SLOWEST = 10000, PATIENCE = 30000, QUIET = 5000; // milliseconds
  var page = document.getElementById("page");
  if (!page.hasAttribute("data-live")) { // the answer to a form: it stays until the form is sent again
    return;
  }
  var state = document.getElementById("live-state");
  var button = document.getElementById("live-switch");
  var said = document.getElementById("live-said");
  var tag = null, timer = null, asking = null, failures = 0, paused = false;
  var told = page.dataset.say, toldAt = 0, teller = null;

  // ---- changing only what is different

  function same(one, other) {
    return one.nodeType === other.nodeType && one.nodeName === other.nodeName && !one.id && !other.id;
  }

  function patchAttributes(old, fresh) {
    Array.from(old.attributes).forEach(function (attribute) {
      var theirs = old.nodeName === "DETAILS" && attribute.name === "open";
      if (!theirs && !fresh.hasAttribute(attribute.name)) {
        old.removeAttribute(attribute.name);
      }
    });
    Array.from(fresh.attributes).forEach(function (attribute) {
      if (old.getAttribute(attribute.name) !== attribute.value && attribute.name !== "open") {
        old.setAttribute(attribute.name, attribute.value);
      }
    });
  }

  function patch(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) {
        old.nodeValue = fresh.nodeValue;
      }
      return;
    }
    patchAttributes(old, fresh);
    patchChildren(old, fresh);
  }

  // Children with an id are found by it, wherever they stand now; the others by their place.
  function patchChildren(old, fresh) {
    var mine = new Map(), wanted = new Set(), at = old.firstChild;
    Array.from(old.children).forEach(function (child) {
      if (child.id) { mine.set(child.id, child); }
    });
    Array.from(fresh.children).forEach(function (child) {
      if (child.id) { wanted.add(child.id); }
    });
    function skipGone() {
      while (at && at.id && !wanted.has(at.id)) {
        var gone = at;
        at = at.nextSibling;
        gone.remove();
      }
    }
    Array.from(fresh.childNodes).forEach(function (node) {
      skipGone();
      var match = node.id ? mine.get(node.id) : at && same(at, node) ? at : null;
      if (match && match.nodeName !== node.nodeName) { match = null; }
      if (!match) {
        old.insertBefore(document.importNode(node, true), at);
      } else {
        if (match === at) { at = at.nextSibling; } else { old.insertBefore(match, at); }
        patch(match, node);
      }
    });
    while (at) {
      var rest = at;
      at = at.nextSibling;
      rest.remove();
    }
  }

  function show(text) {
    var fresh = new DOMParser().parseFromString(text, "text/html");
    var news = fresh.getElementById("page");
    if (!news) {
      throw new Error("This is no watching page.");
    }
    var focused = document.activeElement;
    var inside = page.contains(focused);
    patch(page, news);
    document.title = fresh.title;
    if (inside && !page.contains(focused)) { // what had the focus is gone: stay on the page
      page.tabIndex = -1;
      page.focus({ preventScroll: true });
    }
    tell(page.dataset.say);
  }

  // ---- telling those who listen: the last news at most, and not more often than every few seconds

  function tell(text) {
    if (text === told) {
      return;
    }
    told = text;
    window.clearTimeout(teller);
    teller = window.setTimeout(function () {
      toldAt = Date.now();
      said.textContent = told;
    }, Math.max(0, toldAt + QUIET - Date.now()));
  }

  function mark(text, tone) {
    if (state.textContent !== text) {
      state.textContent = text;
      state.className = "state " + tone;
    }
  }

  // ---- asking again

  function later(wait) {
    window.clearTimeout(timer);
    if (!paused && !document.hidden) {
      timer = window.setTimeout(ask, wait);
    }
  }

  function rest() {
    window.clearTimeout(timer);
    if (asking) {
      asking.abort();
    }
  }

  function ask() {
    if (asking) {
      return;
    }
    var mine = asking = new AbortController();
    var began = Date.now();
    var limit = window.setTimeout(function () { mine.abort(); }, PATIENCE);
    fetch(location.href.split("#")[0], {
      headers: tag ? { "If-None-Match": tag } : {}, signal: mine.signal, credentials: "same-origin",
    }).then(function (answer) {
      if (answer.status === 304) {
        return null;
      }
      if (answer.status >= 500) {
        throw new Error(String(answer.status));
      }
      return answer.text().then(function (text) {
        show(text);
        tag = answer.headers.get("ETag");
      });
    }).then(function () {
      if (failures) {
        tell("The simulator answers again. " + page.dataset.say);
      }
      failures = 0;
      mark("Live", "good");
      // A page that takes long to make is asked for less often.
      return Math.min(SLOWEST, Math.max(EVERY, 10 * (Date.now() - began)));
    }).catch(function () {
      if (paused || document.hidden) {
        return 0;
      }
      failures += 1;
      mark("No answer, trying again", "bad");
      if (failures === 2) {
        tell("The simulator does not answer. This page tries again by itself.");
      }
      return Math.min(SLOWEST, EVERY * Math.pow(2, failures - 1));
    }).then(function (wait) {
      window.clearTimeout(limit);
      asking = null;
      later(wait);
    });
  }

  button.addEventListener("click", function () {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    if (paused) {
      rest();
      mark("Paused", "pending");
    } else {
      mark("Live", "good");
      ask();
    }
  });
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) {
      rest();
    } else if (!paused) {
      ask();
    }
  });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted && !paused) {
      ask();
    }
  });
  state.hidden = button.hidden = false;
  mark("Live", "good");
  later(EVERY);
})();
