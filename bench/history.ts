/** `npm run bench -- history`: writes a made-up history into a data folder, for whoever wants to look at a long log. */
import { openEngines } from '../composition/engines.ts';
import { createOrderedWriter } from '../event-store/postgres/ordered-writer.ts';
import { loadConfig } from '../platform/config/config.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { makeHistory } from './shop/history.ts';
import { numberOption } from './shop/options.ts';

/** Into SOUK_DATA_DIR or DATABASE_URL, whose log must be empty. `args`: `--events N` (200,000), `--seed N` (1). */
export async function run(args: readonly string[]): Promise<void> {
  const events = numberOption(args, 'events', 200_000);
  const seed = numberOption(args, 'seed', 1);
  const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });
  const engines = await openEngines({ config: loadConfig(process.env, 'all'), logger, name: 'bench' });
  const writer = createOrderedWriter(engines.database.url);
  try {
    if ((await engines.store.head()) !== null) throw new Error('there is a log already: name an empty SOUK_DATA_DIR');
    const started = performance.now();
    const made = await makeHistory({ writer, keys: engines.keys, events, seed });
    const seconds = (performance.now() - started) / 1_000;
    process.stdout.write(`${JSON.stringify({ bench: 'history', seconds, ...made })}\n`);
  } finally {
    await writer.close();
    await engines.close();
  }
}
