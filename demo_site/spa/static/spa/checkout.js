/* A checkout that speaks to the REST API alone (docs/api.md). Its words and addresses come from the page. */
(() => {
  "use strict";
  const PAUSES = [1, 2, 3, 5, 8, 13, 20, 30, 30, 60, 60, 60, 60, 60]; // seconds between looks at an open payment
  const PAYABLE = ["ready", "failed", "waiting"];
  const TONES = { failed: "error", held: "warning", none: "warning", waiting: "info", paid: "success", settled: "success" };
  const ANEW = ["already_paid", "amount_mismatch", "nothing_to_pay", "not_offered"]; // what is shown no longer holds
  const IN_FLIGHT = "idempotency_in_flight";

  const root = document.getElementById("spa");
  const texts = JSON.parse(document.getElementById("spa-texts").textContent);
  const language = `${document.documentElement.lang}-IN`;
  const part = (name) => root.querySelector(`[data-part=${name}]`);

  let shown = {}; // order_id, offers, payment and state, as the API told them last
  let attempt = null; // a POST that has not been answered with success: a repeat sends the same key and body
  let turn = 0; // grows whenever something new begins; an answer to what was before it is dropped
  let timers = [];
  let busy = false;

  // ---- The API

  class Refusal extends Error {
    /** `problem` as the API sent it; without one nobody answered. `seconds` as Retry-After says. */
    constructor(problem, seconds = 0) {
      super(problem.code);
      Object.assign(this, { status: 0, code: "", gateways: [] }, problem, { seconds });
    }
  }

  async function call(address, { body, key } = {}) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken"), "Idempotency-Key": key };
    const asked = body ? { method: "POST", headers, body } : { method: "GET" };
    let answer, data;
    try {
      answer = await fetch(address, { ...asked, cache: "no-store", signal: AbortSignal.timeout(60_000) });
      data = await answer.json();
    } catch {
      note(asked.method, address, "–");
      throw new Refusal({});
    }
    note(asked.method, address, answer.status);
    if (!answer.ok) throw new Refusal(data, Number(answer.headers.get("Retry-After")) || 0);
    return data;
  }

  async function initiate() {
    for (let tries = 1; ; tries++) {
      try {
        return await call(root.dataset.initiate, attempt);
      } catch (refusal) {
        if (refusal.code !== IN_FLIGHT || tries > 5) throw refusal;
        say(texts[IN_FLIGHT]);
        await new Promise((done) => setTimeout(done, refusal.seconds * 1000));
      }
    }
  }

  const gatewaysOf = (id) => call(`${root.dataset.gateways}?${new URLSearchParams({ order_id: id })}`);
  const newestOf = async (id) =>
    (await call(`${root.dataset.payments}?${new URLSearchParams({ order_id: id, limit: 1 })}`)).results[0];
  const paymentOf = (id, more = "") => call(`${root.dataset.payments}/${encodeURIComponent(id)}${more}`);

  // ---- What the visitor sees

  /** The order that the address names, as it stands now. The payment first: what it owes then fits, or is newer. */
  async function show() {
    const mine = begin();
    const id = new URLSearchParams(location.search).get("order");
    part("checkout").hidden = !id;
    if (!id) return;
    part("title").textContent = filled(texts.title, { number: id });
    if (shown.order_id !== id) blank();
    say(texts.loading);
    try {
      const payment = await newestOf(id);
      const offers = await gatewaysOf(id);
      if (mine !== turn) return;
      shown = { order_id: id, offers, payment, state: stateOf(offers, payment) };
      draw();
    } catch (refusal) {
      if (mine === turn) unread(refusal);
    }
  }

  function stateOf(offers, payment) {
    if (payment?.held) return "held";
    if (Number(offers.amount) === 0) return payment?.status === "paid" ? "paid" : "settled";
    if (!offers.gateways.length) return "none";
    return { processing: "waiting", failed: "failed", expired: "failed" }[payment?.status] || "ready";
  }

  function draw() {
    const { offers, payment, state } = shown;
    const amount = Number(offers.amount) ? offers.amount : payment?.amount;
    part("amount").textContent = amount ? money(amount, offers.currency) : "";
    part("form").hidden = !PAYABLE.includes(state);
    part("again").hidden = true;
    part("receipt").hidden = state !== "paid";
    part("receipt").firstElementChild.href = payment?.receipt_url || "";
    part("pay").textContent = filled(texts[`pay_${state}`] || "", { amount: money(offers.amount, offers.currency) });
    choices(offers.gateways, payment?.gateway);
    enable(true);
    say((state === "failed" && payment.message) || texts[state], TONES[state]);
    if (state === "waiting") watch(payment, [...PAUSES]);
    if (state === "paid") refunds(payment);
  }

  function choices(gateways, preferred) {
    const rows = gateways.map((gateway, at) => {
      const row = part("choice").content.firstElementChild.cloneNode(true);
      Object.assign(row.querySelector("input"), { value: gateway.account, checked: at === 0 });
      row.querySelector("span").textContent = gateway.label;
      return row;
    });
    part("choices").replaceChildren(...rows);
    const fits = gateways.find((gateway) => gateway.gateway === preferred);
    if (fits) choose(fits.account);
  }

  function choose(account) {
    for (const input of part("choices").querySelectorAll("input")) input.checked = input.value === account;
  }

  async function refunds(payment) {
    if (!Number(payment.refunded_amount) && !Number(payment.refunding_amount)) return;
    const mine = turn;
    const { results } = await paymentOf(payment.id, "/refunds").catch(() => ({ results: [] }));
    if (mine !== turn) return;
    const rows = results.map((refund) => {
      const said = filled(texts.refund, { amount: money(refund.amount, refund.currency) });
      return element("li", { textContent: `${said} ${refund.message}` });
    });
    part("refunds").replaceChildren(...rows);
  }

  function blank() {
    shown = {};
    for (const name of ["form", "receipt", "again"]) part(name).hidden = true;
    for (const name of ["amount", "refunds"]) part(name).replaceChildren();
  }

  // ---- Paying

  async function pay(event) {
    event.preventDefault();
    if (busy) return;
    const mine = begin();
    enable(false);
    const body = JSON.stringify({
      order_id: shown.order_id,
      payment_method: "any",
      amount: shown.offers.amount,
      gateway: new FormData(part("form")).get("gateway"),
      return_url: `${location.pathname}?${new URLSearchParams({ order: shown.order_id })}`,
    });
    if (attempt?.body !== body) attempt = { body, key: newKey() };
    say(texts.starting);
    try {
      const begun = await initiate();
      attempt = null;
      if (mine !== turn) return;
      say(texts.leaving);
      (WAYS[begun.next.action] || WAYS.open_page)(begun.next);
    } catch (refusal) {
      if (mine === turn) await refused(refusal);
    }
  }

  const WAYS = {
    redirect: (next) => location.assign(next.url),
    open_page: (next) => location.assign(next.url),
    post_form: (next) => {
      const fields = Object.entries(next.fields).map(([name, value]) => element("input", { type: "hidden", name, value }));
      const form = element("form", { method: "post", action: next.url, hidden: true });
      form.append(...fields);
      document.body.append(form);
      HTMLFormElement.prototype.submit.call(form); // a field may be named "submit"
    },
  };

  async function refused(refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (ANEW.includes(refusal.code)) await show();
    if (!PAYABLE.includes(shown.state)) return; // it was paid meanwhile, or is being looked at: the page says so
    const nobody = refusal.status >= 500 || !refusal.status;
    const words = [refusal.user_message || texts[refusal.code] || (nobody ? texts.unanswered : texts.refused)];
    if (refusal.gateways.length) {
      words.push(texts.other_ways);
      choose(refusal.gateways[0].account);
    }
    const wait = refusal.gateways.length ? 0 : refusal.seconds;
    if (wait) words.push(filled(texts.wait, { time: duration(wait) }));
    say(words.join(" "), "warning");
    enable(!wait);
    if (wait) later(wait, () => { enable(true); say(texts.now); });
    if (shown.state === "waiting") watch(shown.payment, [...PAUSES]);
  }

  // ---- Waiting for the payment to be decided

  function watch(payment, pauses, atLeast = 0) {
    if (!pauses.length) {
      say(texts.stopped, "info");
      part("again").hidden = false;
      return;
    }
    later(Math.max(pauses.shift(), atLeast), async (mine) => {
      try {
        const now = await paymentOf(payment.id);
        if (mine !== turn) return;
        if (now.status !== payment.status || now.held) {
          show();
          return;
        }
        if (part("status").textContent === texts.offline) say(texts.waiting, TONES.waiting);
        watch(payment, pauses);
      } catch (refusal) {
        if (mine !== turn) return;
        if (!refusal.status) say(texts.offline, "warning");
        watch(payment, pauses, refusal.seconds);
      }
    });
  }

  function unread(refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const words = [refusal.user_message || texts[refusal.code] || texts.offline];
    if (refusal.seconds) words.push(filled(texts.wait, { time: duration(refusal.seconds) }));
    say(words.join(" "), "warning");
    part("again").hidden = false;
    if (!refusal.status || refusal.seconds) later(refusal.seconds || 10, () => show());
  }

  // ---- Small things

  /** Drops what is under way, and gives the number by which an answer knows that it still counts. */
  function begin() {
    timers.forEach(clearTimeout);
    timers = [];
    return ++turn;
  }

  function later(seconds, action) {
    const mine = turn;
    timers.push(setTimeout(() => action(mine), seconds * 1000));
  }

  function say(text, tone = "info") {
    const status = part("status");
    status.className = `notice notice--${tone}`;
    if (status.textContent !== text) status.textContent = text; // else it would be read out again
  }

  function enable(yes) {
    busy = !yes;
    part("pay").setAttribute("aria-disabled", String(busy)); // keeps the focus, which disabled would lose
  }

  function note(method, address, status) {
    const said = element("code", { textContent: `${method} ${address} → ${status}` });
    const row = element("li", {});
    row.append(said);
    part("log").append(row);
  }

  const element = (name, properties) => Object.assign(document.createElement(name), properties);
  const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const cookie = (name) => document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1] || "";
  // Not crypto.randomUUID, which plain http has not.
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

  function money(amount, currency) {
    const currencyDisplay = currency === "INR" ? "symbol" : "code";
    return new Intl.NumberFormat(language, { style: "currency", currency, currencyDisplay }).format(amount);
  }

  function duration(seconds) {
    const [value, unit] = seconds < 100 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
    return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(value);
  }

  // ---- Beginning

  root.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-order]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", `?${new URLSearchParams({ order: link.dataset.order })}`);
    await show();
    part("title").focus();
  });
  part("form").addEventListener("submit", pay);
  part("again").addEventListener("click", show);
  addEventListener("popstate", show);
  addEventListener("online", () => { if (!PAYABLE.includes(shown.state) || shown.state === "waiting") show(); });
  addEventListener("pageshow", (event) => { if (event.persisted) show(); });
  show();
})();
