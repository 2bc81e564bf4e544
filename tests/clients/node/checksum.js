"use strict";
// Paytm's paytmchecksum for Node, used as Paytm's documentation shows: sign the body's text, send it by hand.

const { serve } = require("./line");
const PaytmChecksum = require("paytmchecksum");

const { CLIENT_HOST: HOST, CLIENT_MID: MID, CLIENT_KEY: KEY } = process.env;

async function post(path, text) {
  const answer = await fetch(HOST + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: text,
  });
  return answer.text();
}

async function send(path, body) {
  const text = JSON.stringify(body);
  const signature = await PaytmChecksum.generateSignature(text, KEY);
  const raw = await post(path, `{"head":{"signature":${JSON.stringify(signature)}},"body":${text}}`);
  const answer = JSON.parse(raw);
  const info = answer.body.resultInfo;
  if (["S", "TXN_SUCCESS", "PENDING"].includes(info.resultStatus)) {
    const signed = raw.slice(raw.indexOf('"body":') + '"body":'.length, -1);
    if (!PaytmChecksum.verifySignature(signed, KEY, answer.head.signature)) {
      return [{}, { status: "failure", code: "501", message: "Signature Validation Failed" }];
    }
  }
  return [answer.body, { status: info.resultStatus, code: info.resultCode, message: info.resultMsg }];
}

serve({
  async initiate({ order_id, amount, callback_url, cust_id, merc_unq_ref }) {
    const body = {
      requestType: "Payment",
      mid: MID,
      websiteName: "WEBSTAGING",
      orderId: order_id,
      callbackUrl: callback_url,
      txnAmount: { value: amount, currency: "INR" },
      userInfo: { custId: cust_id },
      extendInfo: merc_unq_ref ? { mercUnqRef: merc_unq_ref } : undefined,
    };
    const path = `/theia/api/v1/initiateTransaction?mid=${MID}&orderId=${encodeURIComponent(order_id)}`;
    const [answer, told] = await send(path, body);
    return { ...told, token: answer.txnToken };
  },

  async status({ order_id }) {
    const [answer, told] = await send("/v3/order/status", { mid: MID, orderId: order_id });
    return { ...told, txn_id: answer.txnId, amount: answer.txnAmount, refunded: answer.refundAmt };
  },

  async refund({ order_id, txn_id, ref_id, amount, comments }) {
    const body = { mid: MID, txnType: "REFUND", orderId: order_id, txnId: txn_id, refId: ref_id, refundAmount: amount };
    const [answer, told] = await send("/refund/apply", comments ? { ...body, comments } : body);
    return { ...told, refund_id: answer.refundId, amount: answer.refundAmount };
  },

  async refund_status({ order_id, ref_id }) {
    const [answer, told] = await send("/v2/refund/status", { mid: MID, orderId: order_id, refId: ref_id });
    return { ...told, refund_id: answer.refundId, amount: answer.refundAmount };
  },

  // The old kits' way: a flat object, signed as a form is.
  async flat_status({ order_id }) {
    const fields = { MID, ORDERID: order_id };
    fields.CHECKSUMHASH = await PaytmChecksum.generateSignature({ ...fields }, KEY);
    const answer = JSON.parse(await post("/order/status", JSON.stringify(fields)));
    return { status: answer.STATUS, code: answer.RESPCODE, amount: answer.TXNAMOUNT };
  },

  async verify({ payload, signature, bare }) {
    const given = bare ? Object.assign(Object.create(null), payload) : payload;
    return { matches: PaytmChecksum.verifySignature(given, KEY, signature) };
  },

  async sign({ payload }) {
    return { signature: await PaytmChecksum.generateSignature(payload, KEY) };
  },
});
