/** What every use case works with; put together once per process, where engines are chosen. */
import type { Instant } from '../domain/decider.ts';
import type { PaymentMethod } from '../domain/orders/events.ts';
import type { KeyStore } from '../platform/keys/key-store.ts';
import type { PaymentGateway } from '../platform/payments/gateway.ts';
import type { Background } from './processes/background.ts';
import type { CommandRuntime } from './runtime/types.ts';

/** One flat shipping option and one tax rate per country, until sellers set their own. */
export type PricingSettings = {
  readonly shipping: {
    readonly id: string;
    readonly name: string;
    /** Minor units, in whatever currency the cart has. */
    readonly amount: number;
  };
  /** ISO 3166-1 alpha-2 to basis points: 825 is 8.25 %. A country that is not named has no tax. */
  readonly taxBasisPoints: Readonly<Record<string, number>>;
};

export type Shop = {
  readonly runtime: CommandRuntime;
  readonly keys: KeyStore;
  readonly now: () => Instant;
  readonly pricing: PricingSettings;
  /** Seconds from checkout to the proposal to reject. */
  readonly checkoutDeadlineS: number;
  /** By name, as in the events: a payment stays with the gateway it began with. */
  readonly gateways: Readonly<Record<string, PaymentGateway>>;
  /** Which gateway takes a method; a method that is not named is refused with `payment_method_unavailable`. */
  readonly gatewayOf: Partial<Record<PaymentMethod, string>>;
  /** Work that goes on after its answer was given; drained at a graceful stop. */
  readonly background: Background;
};
