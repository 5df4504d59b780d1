/**
 * The double against the rules of a real server. EVENTSTORE_URL, or SOUK_TEST_EVENTSTORE_COMMAND, runs the same rules
 * against that server instead: where they fail there, the rules are wrong; where they fail here, the double is.
 */
import { openEventStoreServer } from '../../../test/support/event-store-server.ts';
import { serverContract } from './contract.ts';
import { startEventStoreDbDouble } from './double.ts';

const command = Boolean(process.env.SOUK_TEST_EVENTSTORE_COMMAND);
const real = command || Boolean(process.env.EVENTSTORE_URL);

if (real) {
  serverContract('a real EventStoreDB', { faults: false, control: command }, async () => ({
    ...(await openEventStoreServer()),
    faults: undefined,
  }));
} else {
  serverContract('the double of EventStoreDB', { faults: true, control: true }, async () => {
    const double = await startEventStoreDbDouble();
    const control = { kill: () => double.stop(), start: () => double.start() };
    return { url: double.url, faults: double.faults, control, close: () => double.close() };
  });
}
