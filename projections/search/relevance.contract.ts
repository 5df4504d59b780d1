/** What a shopper must see first: queries on the real catalogue, for every engine of search. */
import { expect, it } from '@jest/globals';
import type { SearchEngine } from './engine.ts';

export type Relevance = {
  readonly q: string;
  /** A product that must be among the first five. */
  readonly name?: string;
  /** What each of the first three must be called. */
  readonly named?: RegExp;
  /** A real Typesense was asked this, and its answer, three products of it, was kept. */
  readonly recorded?: boolean;
};

export const RELEVANCE: readonly Relevance[] = [
  { q: 'iphone case', named: /iphone.*case|case.*iphone/i, recorded: true },
  { q: 'sams', named: /samsung/i, recorded: true },
  { q: 'hedphones bluethoot', name: 'BLU - Diva Flip T390x Phone (Unlocked) - Silver', recorded: true },
  { q: 'hedphones bluethoot', name: 'PYLE - 3D VR Headset Glasses - Black', recorded: true },
  { q: 'diva flip', name: 'BLU - Diva Flip T390x Phone (Unlocked) - Silver' },
  { q: 't390x', name: 'BLU - Diva Flip T390x Phone (Unlocked) - Silver' },
  { q: 'camera lens kit', name: 'Insignia™ - Phone Camera 3 Lens Kit - Black' },
  { q: 'insignia lens kit', name: 'Insignia™ - Phone Camera 3 Lens Kit - Black' },
  { q: 'net10 sim', name: 'Net10 - Bring Your Own Phone SIM Card Kit' },
  { q: 'vr headset pyle', name: 'PYLE - 3D VR Headset Glasses - Black' },
  { q: 'lg tribute', name: 'Boost Mobile - LG Tribute HD 4G LTE with 16GB Memory Prepaid Cell Phone - White' },
  { q: 'moto g 4th', name: 'Motorola - MOTO G (4th Generation) 4G LTE with 16GB Memory Cell Phone (Unlocked) - Black' },
  { q: 'lifeproof nuud 6s plus', name: 'LifeProof - nuud for iPhone 6s Plus case - Black' },
  { q: 'lifeprof nuud', named: /^LifeProof - .*n[uü]+d/i },
  { q: 'kate spade', named: /^kate spade/i },
  { q: 'otterbox galaxy s7', named: /otterbox.*galaxy.*s7/i },
  { q: 'micro usb adapter samsung', name: 'Samsung - Galaxy Micro-USB-to-USB Adapter - White' },
  { q: 'xperia xz', name: 'Sony - Xperia™ XZ 4G LTE with 32GB Memory Cell Phone (Unlocked) - Mineral Black' },
  // So many products have these words somewhere that any other order shows others first.
  { q: 'camera', named: /camera/i },
  { q: 'headphones', named: /headphone/i },
  { q: 'battery', named: /batter/i },
  { q: 'lens', named: /lens/i },
  { q: 'samsung battery', named: /samsung.*batter/i },
  { q: 'sim card', named: /sim/i },
];

/** Registers the list with jest. `recorded`: only what was recorded can be asked, as it was. */
export function relevanceContract(subject: () => SearchEngine, { recorded }: { readonly recorded: boolean }): void {
  it.each(RELEVANCE.filter((entry) => !recorded || entry.recorded))('$q: $name $named', async ({ q, name, named }) => {
    const { result, fallback } = await subject().search({ q, limit: recorded ? 3 : 5 });
    const names = result.items.map((item) => item.name);
    expect(fallback).toBe(false);
    if (name !== undefined) expect(names).toContain(name);
    for (const first of named ? [0, 1, 2] : []) expect(names[first]).toMatch(named ?? '');
    expect(result.items.every(({ highlight }) => JSON.stringify(highlight).includes('<mark>'))).toBe(true);
  });
}
