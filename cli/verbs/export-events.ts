/** `souk events export`: the history as files, for whatever reads NDJSON or Parquet. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { recordOperation } from '../../composition/audit.ts';
import { type Choosing, choosing } from '../history/choice.ts';
import type { Format } from '../history/export/part-files.ts';
import { exportHistory } from '../history/export-history.ts';
import type { Personal } from '../history/personal-text.ts';
import { printObject, remark } from '../output.ts';
import { type Progress, speedOf, startProgress } from '../progress.ts';
import { cliActor, withEngines } from '../with-engines.ts';

type Options = Choosing & {
  readonly to: string;
  readonly format: Format;
  readonly personal: Personal;
  readonly json?: boolean;
};

export function exportEventsVerb(events: Command): void {
  choosing(events.command('export').description('write the history to a folder, or bring such a folder up to date'))
    .requiredOption('--to <folder>', 'where it is written; made where it is not there')
    .addOption(
      new Option('--format <format>', 'lines of JSON, compressed by gzip, or columns')
        .choices(['ndjson', 'parquet'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--personal <what>', 'personal data: left out, or opened')
        .choices(['omit', 'decrypt'])
        .default('omit'),
    )
    .option('--json', 'as JSON')
    .action((options: Options) => exportEvents(options));
}

async function exportEvents({ to, format, personal, json, ...chosen }: Options): Promise<void> {
  await withEngines(async (engines, interrupted) => {
    const dir = resolve(to);
    const operation = { action: 'events.export', subject: dir, detail: { format, personal, ...chosen } };
    await recordOperation(engines, operation, { actor: cliActor(engines) });
    let progress: Progress | undefined;
    const started = performance.now();
    const report = await exportHistory(engines, {
      dir,
      format,
      personal,
      choosing: chosen,
      signal: interrupted,
      onProgress(done, total) {
        progress ??= startProgress('export', total);
        progress.reach(done);
      },
    }).finally(() => progress?.stop());
    if (!report) return remark('Interrupted. The same command again goes on where it stopped.');
    const { undecodable } = report;
    if (undecodable > 0) remark(`${undecodable} events this version of Souk cannot read stand as they lie in the log.`);
    await printObject({ ...report, ...speedOf(report.written, started) }, json === true);
  });
}
