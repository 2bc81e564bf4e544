"use strict";
// Paytm's Node SDK, paytm-pg-node-sdk, driven as its README does. Only the host is another.

const { serve } = require("./line");
const paytm = require("paytm-pg-node-sdk");

const { MerchantProperties } = paytm;
const ADDRESSES = ["initiateTxnUrl", "paymentStatusUrl", "refundUrl", "refundStatusUrl"];

MerchantProperties.initialize("STAGE", process.env.CLIENT_MID, process.env.CLIENT_KEY, "WEBSTAGING");
// It has no setting for the host: the four addresses are fields of the class.
for (const name of ADDRESSES) {
  MerchantProperties[name] = process.env.CLIENT_HOST + new URL(MerchantProperties[name]).pathname;
}

function told(response) {
  const body = response.getResponseObject().getBody();
  const info = body.getResultInfo();
  const message = info.getResultMsg();
  return {
    status: info.getResultStatus(),
    code: info.getResultCode(),
    message: typeof message === "string" ? message : message.message,
  };
}

serve({
  async production_addresses() {
    MerchantProperties.setEnvironment("PROD");
    return Object.fromEntries(ADDRESSES.map((name) => [name, MerchantProperties[name]]));
  },

  async initiate({ order_id, amount, callback_url, cust_id, merc_unq_ref }) {
    MerchantProperties.setCallbackUrl(callback_url);
    const money = paytm.Money.constructWithCurrencyAndValue(paytm.EnumCurrency.INR, amount);
    const builder = new paytm.PaymentDetailBuilder("WEB", order_id, money, new paytm.UserInfo(cust_id));
    if (merc_unq_ref !== undefined) {
      const extendInfo = new paytm.ExtendInfo();
      extendInfo.setMercUnqRef(merc_unq_ref); // may be null, see defects.py
      builder.setExtendInfo(extendInfo);
    }
    const response = await paytm.Payment.createTxnToken(builder.build());
    return { ...told(response), token: response.getResponseObject().getBody().getTxnToken() };
  },

  async status({ order_id }) {
    const response = await paytm.Payment.getPaymentStatus(new paytm.PaymentStatusDetailBuilder(order_id).build());
    const body = response.getResponseObject().getBody();
    return { ...told(response), txn_id: body.getTxnId(), amount: body.getTxnAmount(), refunded: body.getRefundAmt() };
  },

  async refund({ order_id, txn_id, ref_id, amount, comments }) {
    const builder = new paytm.RefundDetailBuilder(order_id, ref_id, txn_id, "REFUND", amount);
    if (comments) builder.setComments(comments);
    const response = await paytm.Refund.initiateRefund(builder.build());
    const body = response.getResponseObject().getBody();
    return { ...told(response), refund_id: body.getRefundId(), amount: body.getRefundAmount() };
  },

  async refund_status({ order_id, ref_id }) {
    const detail = new paytm.RefundStatusDetailBuilder(order_id, ref_id).build();
    const response = await paytm.Refund.getRefundStatus(detail);
    const body = response.getResponseObject().getBody();
    return {
      ...told(response),
      refund_id: body.getRefundId(),
      amount: body.getRefundAmount(),
      total: body.getTotalRefundedAmount(),
    };
  },
});
