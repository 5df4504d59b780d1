/** The tax rate an order was priced with: its event tells it only in the words that explain the tax. */
import type { Explanation } from '../../domain/pricing/schema.ts';

/** In basis points; 0 where no tax was taken. */
export function taxRateOf(explanation: readonly Explanation[]): number {
  const label = explanation.find(({ kind }) => kind === 'tax')?.label ?? '';
  const [, whole = '0', hundredths = ''] = /^Tax (\d+)(?:\.(\d{1,2}))? %/.exec(label) ?? [];
  return Number(whole) * 100 + Number(hundredths.padEnd(2, '0'));
}
