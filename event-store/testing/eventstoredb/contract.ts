/** What a server of EventStoreDB does, as far as a client can see it: run against the double, and unchanged against a real one. */
import { EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { appendRules } from './contract/appends.ts';
import { checkpointRules } from './contract/checkpoints.ts';
import { deletionRules } from './contract/deletion.ts';
import { failureRules } from './contract/failures.ts';
import { faultRules } from './contract/faults.ts';
import { readRules } from './contract/reads.ts';
import { repeatRules } from './contract/repeats.ts';
import { slowConsumerRules } from './contract/slow-consumers.ts';
import type { Has, Subject } from './contract/subject.ts';
import { subscriptionRules } from './contract/subscriptions.ts';
import { wireRules } from './contract/wire.ts';

export type Server = Omit<Subject, 'client'> & { close(): Promise<void> };

/** @param has what the server that `open` gives lets the suite do to it */
export function serverContract(name: string, has: Has, open: () => Promise<Server>): void {
  describe(name, () => {
    let server: Server | undefined;
    let client: EventStoreDBClient | undefined;
    const subject = (): Subject => {
      if (!server || !client) throw new Error('the server of this contract was not opened');
      return { ...server, client };
    };
    beforeAll(async () => {
      server = await open();
      client = EventStoreDBClient.connectionString(server.url);
    });
    afterAll(async () => {
      await client?.dispose();
      await server?.close();
    });
    describe('appends', () => appendRules(subject));
    describe('repeats', () => repeatRules(subject, has));
    describe('deletion', () => deletionRules(subject));
    describe('reading', () => readRules(subject));
    describe('subscriptions', () => subscriptionRules(subject));
    describe('checkpoints', () => checkpointRules(subject));
    describe('slow consumers', () => slowConsumerRules(subject));
    describe('the wire', () => wireRules(subject));
    describe('failures', () => failureRules(subject, has));
    describe('faults', () => faultRules(subject, has));
  });
}
