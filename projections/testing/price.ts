/** What carts come to in tests: five dollars for shipping, no tax. */
import { quote } from '../../domain/pricing/price.ts';
import type { PriceCart } from '../carts/queries.ts';
import { usd } from './story.ts';

export const price: PriceCart = (lines, currency) =>
  quote({
    currency,
    lines: lines.map((line) => ({ ...line, name: '' })),
    shippingOption: { id: 'standard', name: 'Standard', price: usd(500) },
    taxBasisPoints: 0,
  }).totals;
