/** A payment gateway, as everything else sees it: a remote party that may not answer, and is then asked again. */

/** Minor units and an ISO 4217 code. */
export type GatewayMoney = { readonly amount: number; readonly currency: string };

/** Why a gateway said no, in its words. */
export type GatewayFailure = { readonly code: string; readonly detail: string };

/** `pending`: the gateway is still at it and tells by webhook. */
export type GatewayStatus = 'pending' | 'challenged' | 'authorised' | 'declined' | 'captured' | 'voided';

/** All that a gateway knows of one payment: what every answer, every look-up and every webhook carries. */
export type GatewayPayment = {
  /** Our reference. */
  readonly paymentId: string;
  /** The gateway's. */
  readonly reference: string;
  readonly status: GatewayStatus;
  readonly amount: GatewayMoney;
  /** Where the buyer proves to be the card's holder; null where the shop's own page does it. */
  readonly url: string | null;
  /** A challenge was asked for, whatever came of it. */
  readonly challenged: boolean;
  /** Why it was declined. */
  readonly failure: GatewayFailure | null;
  /** Minor units. */
  readonly captured: number;
  readonly refunds: readonly { readonly refundId: string; readonly amount: number }[];
};

/** The gateway did it, or did it before under the same key; or it refuses for good: another try of this key is futile. */
export type GatewayAnswer =
  | { readonly refused: false; readonly payment: GatewayPayment }
  | { readonly refused: true; readonly failure: GatewayFailure };

/** `key` is `paymentId:operation:attempt`: the same key has the same effect and the same answer, however often. */
export type GatewayCall = { readonly key: string; readonly paymentId: string };

export type WebhookRequest = {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Buffer;
  /** Milliseconds since 1970. */
  readonly now: number;
};

/** Every operation throws `GatewayUnreachable` when no answer came in time: it may have had its effect or not. */
export type PaymentGateway = {
  /** As in `/webhooks/payments/{name}` and in the events. */
  readonly name: string;
  /** Whether the gateway could charge this token at all: checked before anything exists. */
  accepts(token: string): boolean;
  authorise(call: GatewayCall & { readonly token: string; readonly amount: GatewayMoney }): Promise<GatewayAnswer>;
  capture(call: GatewayCall & { readonly amount: GatewayMoney }): Promise<GatewayAnswer>;
  /**
   * Gives back what is held. Also for a payment it never heard of: an authorisation that comes after is then void, else
   * a caller that slept before its call would hold money for an order that ended.
   */
  void(call: GatewayCall & { readonly amount: GatewayMoney }): Promise<GatewayAnswer>;
  refund(call: GatewayCall & { readonly refundId: string; readonly amount: GatewayMoney }): Promise<GatewayAnswer>;
  /** The buyer's answer to the challenge; only the sandbox's buyer answers through the shop. */
  answerChallenge(paymentId: string, outcome: 'pass' | 'fail'): Promise<GatewayAnswer>;
  /** By our reference; undefined where the gateway never heard of it. */
  find(paymentId: string): Promise<GatewayPayment | undefined>;
  /** What a webhook says, once its signature holds; undefined for anything else. */
  readWebhook(request: WebhookRequest): GatewayPayment | undefined;
};

/** No answer in time, or no connection: whether it happened is unknown. Ask by `find`, then call again with the same key. */
export class GatewayUnreachable extends Error {
  constructor(gateway: string, operation: string) {
    super(`the payment gateway ${gateway} did not answer to ${operation}`);
    this.name = 'GatewayUnreachable';
  }
}
