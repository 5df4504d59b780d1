/** What every engine of the log must do: run against each by its own `.int.spec.ts`. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { appendContract } from './contract/append.ts';
import { contentContract } from './contract/content.ts';
import { readingContract } from './contract/reading.ts';
import { repeatContract } from './contract/repeats.ts';
import { scanningContract } from './contract/scanning.ts';
import { sealingContract } from './contract/sealing.ts';
import type { Subject } from './contract/subject.ts';
import { subscriptionContract } from './contract/subscriptions.ts';
import type { EventStore } from './port.ts';

export type StoreUnderTest = {
  readonly store: EventStore;
  /** Another store on the same log, as another process would open it; the caller closes it. */
  reopen(): Promise<EventStore>;
  /** Closes the store and removes the log. */
  drop(): Promise<void>;
};

/** Registers the rules with jest. `makeStore` makes an empty log. */
export function eventStoreContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`the log on ${name}`, () => {
    let made: StoreUnderTest | undefined;
    const subject = (): Subject => {
      if (!made) throw new Error('the store of this contract was not made');
      return made;
    };
    beforeAll(async () => {
      made = await makeStore();
    });
    afterAll(async () => {
      await made?.drop();
    });
    describe('appends', () => appendContract(subject));
    describe('repeated appends', () => repeatContract(subject));
    describe('content', () => contentContract(subject));
    describe('reading', () => readingContract(subject));
    describe('scanning', () => scanningContract(subject));
    describe('subscriptions', () => subscriptionContract(subject));
    describe('sealing', () => sealingContract(subject));
  });
}
