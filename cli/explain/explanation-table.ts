/** An explanation as a table for people: a figure and below it its facts; stock as a ledger. */
import { tableOf } from '../output.ts';
import { type Explanation, type Fact, type Figure, shownValue } from './explanation.ts';

const COLUMNS = ['figure', 'value', 'change', 'type', 'stream', 'revision', 'recordedAt', 'actor'] as const;

/** Each figure with its facts; what stands beside a figure tells how it comes of them. */
export function explanationTable({ subject, figures }: Explanation): string {
  const rows = figures.flatMap((figure) => {
    const [first, ...more] = figure.because.map(factCells);
    return [{ figure: titleOf(figure), value: shownValue(figure.value), ...first }, ...more];
  });
  // A cell without a fact is empty: a dash would read as a value.
  const filled = rows.map((row) => ({ ...Object.fromEntries(COLUMNS.map((column) => [column, ''])), ...row }));
  return `${subject}\n${tableOf(filled, COLUMNS)}`;
}

function titleOf({ figure, remark, holds }: Figure): string {
  const title = holds ? figure : `${figure} (does not hold)`;
  return remark === undefined ? title : `${title}\n  ${remark}`;
}

function factCells({ change, type, stream, revision, recordedAt, actor }: Fact) {
  return { change: shownValue(change), type, stream, revision, recordedAt, actor };
}

const LEDGER = ['revision', 'recordedAt', 'type', 'actor', 'note', 'onHandChange', 'reservedChange'] as const;
const RUNNING = ['onHand', 'reserved', 'available'] as const;

/** One line for each event that moved stock, with what was there after it. */
export function ledgerTable({ subject, figures }: Explanation): string {
  const byRevision = (name: string) => {
    const because = figures.find(({ figure }) => figure === name)?.because ?? [];
    return new Map(because.map((fact) => [fact.revision, fact]));
  };
  const [onHand, reserved, available] = [byRevision('onHand'), byRevision('reserved'), byRevision('available')];
  const facts = new Map([...onHand, ...reserved, ...available]);
  const running = { onHand: 0, reserved: 0, available: 0 };
  const rows = [...facts.values()]
    .sort((a, b) => a.revision - b.revision)
    .map(({ revision, recordedAt, type, actor, note = '' }) => {
      const of = { onHand: onHand.get(revision), reserved: reserved.get(revision), available: available.get(revision) };
      for (const name of RUNNING) running[name] = Number(of[name]?.after ?? running[name]);
      const changes = { onHandChange: of.onHand?.change ?? 0, reservedChange: of.reserved?.change ?? 0 };
      const signed = ([name, change]: [string, unknown]) => [name, Number(change) > 0 ? `+${change}` : String(change)];
      return {
        revision,
        recordedAt,
        type,
        actor,
        note,
        ...Object.fromEntries(Object.entries(changes).map(signed)),
        ...running,
      };
    });
  return `${subject}\n${tableOf(rows, [...LEDGER, ...RUNNING])}`;
}
