/** What every use case works with; put together once per process, where engines are chosen. */
import type { Instant } from '../domain/decider.ts';
import type { KeyStore } from '../platform/keys/key-store.ts';
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
};
