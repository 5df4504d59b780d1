/** The rules of a listing. */
import { describe, expect, it } from '@jest/globals';
import { money } from '../money.ts';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id, usd } from '../testing/samples.ts';
import type { ProductCommand } from './commands.ts';
import { productDecider } from './decide.ts';
import { LIMITS, type ProductEvent, type Variant } from './events.ts';

const productId = id(20);
const sellerId = id(10);
const [blue, red] = [variant(1, { colour: 'blue' }, 'B-1'), variant(2, { colour: 'red' }, null)];
const fields = {
  productId,
  sellerId,
  name: 'Head Phones',
  description: 'Loud',
  brand: 'Acme',
  categoryId: id(3),
  specifications: [{ name: 'Weight', value: '1 kg' }],
  images: [{ url: 'https://example.org/a.png', alt: 'front' }],
  popularity: 0,
};
type Draft = Extract<ProductCommand, { type: 'DraftProduct' }>;
const draft = (more: Partial<Draft> = {}): Draft => ({
  type: 'DraftProduct',
  ...fields,
  variants: [blue],
  publish: false,
  ...more,
});
const drafted: ProductEvent = { type: 'ProductDrafted', data: { ...fields, slug: 'head-phones' } };
const added = (v: Variant): ProductEvent => ({ type: 'VariantAdded', data: { productId, sellerId, ...v } });
const published: ProductEvent = { type: 'ProductPublished', data: { productId } };
const archived: ProductEvent = { type: 'ProductArchived', data: { productId } };
const listed = [drafted, added(blue), added(red)];
const invalid = (pointer: string) => ({ kind: 'invalid', pointer }) as const;
const archive: ProductCommand = { type: 'ArchiveProduct', productId };

function variant(n: number, options: Record<string, string>, sku: string | null, price = usd(1999)): Variant {
  return { variantId: id(20 + n), sku, options, price };
}

function manyVariants(count: number): Variant[] {
  return Array.from({ length: count }, (_, n) => variant(n + 1, { size: String(n) }, null));
}

describe('drafting', () => {
  it('lists a product with its variants', () =>
    given(productDecider)
      .when(draft({ variants: [blue, red] }))
      .gives(...listed));
  it('publishes at once where asked to', () =>
    given(productDecider)
      .when(draft({ publish: true }))
      .gives(drafted, added(blue), published));
  it('is refused where the product exists', () =>
    given(productDecider, listed).when(draft()).isRefused('product_exists'));
  it('needs a variant', () =>
    given(productDecider)
      .when(draft({ variants: [] }))
      .isRefused('invalid', invalid('/variants')));
  it('takes as many variants as the limit', () => {
    const decision = productDecider.decide(
      draft({ variants: manyVariants(LIMITS.variants) }),
      { status: 'none', abandonedClaims: [] },
      NOW,
    );
    expect(decision).toHaveLength(LIMITS.variants + 1);
  });
  it('takes no more variants than the limit', () =>
    given(productDecider)
      .when(draft({ variants: manyVariants(LIMITS.variants + 1) }))
      .isRefused('invalid', invalid('/variants')));
  it('takes no more images than the limit', () => {
    const images = Array.from({ length: LIMITS.images + 1 }, () => ({ url: 'https://example.org/a.png', alt: '' }));
    given(productDecider).when(draft({ images })).isRefused('invalid', invalid('/images'));
  });
  it('takes no more specifications than the limit', () => {
    const specifications = Array.from({ length: LIMITS.specifications + 1 }, () => ({ name: 'a', value: 'b' }));
    given(productDecider).when(draft({ specifications })).isRefused('invalid', invalid('/specifications'));
  });
  it('takes no more options than the limit', () => {
    const options = Object.fromEntries(Array.from({ length: LIMITS.options + 1 }, (_, n) => [`o${n}`, 'x']));
    given(productDecider)
      .when(draft({ variants: [variant(1, options, null)] }))
      .isRefused('invalid', invalid('/variants/0/options'));
  });
  it('keeps all variants in one currency', () =>
    given(productDecider)
      .when(draft({ variants: [blue, variant(2, { colour: 'red' }, null, money(1, 'EUR'))] }))
      .isRefused('currency_mismatch', invalid('/variants/1/price/currency')));
  it('tells variants apart by their options, in whatever order they are named', () =>
    given(productDecider)
      .when(draft({ variants: [variant(1, { a: '1', b: '2' }, null), variant(2, { b: '2', a: '1' }, null)] }))
      .isRefused('duplicate_options', invalid('/variants/1/options')));
  it('gives a SKU to one variant only', () =>
    given(productDecider)
      .when(draft({ variants: [blue, variant(2, { colour: 'red' }, 'B-1')] }))
      .isRefused('sku_taken', { pointer: '/variants/1/sku' }));
  it('takes no SKU after its time', () =>
    given(productDecider)
      .when(draft({ skusValidUntil: NOW }), '2026-03-01T12:00:00.001Z')
      .isRefused('sku_claim_expired', { pointer: '/variants/0/sku' }));
  it('takes a SKU in its last moment', () =>
    given(productDecider)
      .when(draft({ skusValidUntil: NOW }), NOW)
      .gives(drafted, added(blue)));
  it('needs no time where no SKU is taken', () =>
    given(productDecider)
      .when(draft({ variants: [red], skusValidUntil: NOW }), '2026-03-02T00:00:00.000Z')
      .gives(drafted, added(red)));
});

describe('publishing and archiving', () => {
  const publish: ProductCommand = { type: 'PublishProduct', productId };
  it('publishes a draft', () => given(productDecider, listed).when(publish).gives(published));
  it('publishes once', () =>
    given(productDecider, [...listed, published])
      .when(publish)
      .changesNothing());
  it('archives a published product', () =>
    given(productDecider, [...listed, published])
      .when(archive)
      .gives(archived));
  it('archives a draft', () => given(productDecider, listed).when(archive).gives(archived));
  it('archives once', () =>
    given(productDecider, [...listed, archived])
      .when(archive)
      .changesNothing());
  it('needs a product to publish', () =>
    given(productDecider).when(publish).isRefused('not_found', { kind: 'not_found' }));
  it('needs a product to archive', () =>
    given(productDecider).when(archive).isRefused('not_found', { kind: 'not_found' }));
  it.each<ProductCommand>([
    publish,
    { type: 'ReviseProduct', productId, name: 'Other' },
    { type: 'AddVariant', productId, variant: variant(3, {}, null) },
    { type: 'ReviseVariant', productId, variantId: red.variantId, price: usd(1) },
    { type: 'AddImage', productId, image: { url: 'https://example.org/b.png', alt: '' } },
  ])('refuses $type once archived', (command) =>
    given(productDecider, [...listed, archived])
      .when(command)
      .isRefused('product_archived'),
  );
});

describe('revising', () => {
  const revise = (more: object): ProductCommand => ({ type: 'ReviseProduct', productId, ...more });
  it('records what changed only, the slug with the name', () =>
    given(productDecider, listed)
      .when(revise({ name: 'Ear Phones', brand: 'Acme' }))
      .gives({ type: 'ProductRevised', data: { productId, name: 'Ear Phones', slug: 'ear-phones' } }));
  it('records every other field', () => {
    const others = { description: 'x', brand: 'y', categoryId: id(4), specifications: [], popularity: 5 };
    given(productDecider, listed)
      .when(revise(others))
      .gives({ type: 'ProductRevised', data: { productId, ...others } });
  });
  it('changes nothing where nothing differs', () =>
    given(productDecider, listed)
      .when(revise({ ...fields, specifications: [{ name: 'Weight', value: '1 kg' }] }))
      .changesNothing());
  it('takes no more specifications than the limit', () => {
    const specifications = Array.from({ length: LIMITS.specifications + 1 }, () => ({ name: 'a', value: 'b' }));
    given(productDecider, listed).when(revise({ specifications })).isRefused('invalid', invalid('/specifications'));
  });
  it('needs a product', () =>
    given(productDecider)
      .when(revise({ name: 'x' }))
      .isRefused('not_found', { kind: 'not_found' }));
});

describe('variants', () => {
  const add = (v: Variant, more: object = {}): ProductCommand => ({
    type: 'AddVariant',
    productId,
    variant: v,
    ...more,
  });
  const revise = (v: Variant, more: object): ProductCommand => ({
    type: 'ReviseVariant',
    productId,
    variantId: v.variantId,
    ...more,
  });
  const green = variant(3, { colour: 'green' }, 'G-1');
  const revised = (v: Variant, to: object): ProductEvent => ({
    type: 'VariantRevised',
    data: {
      productId,
      sellerId,
      variantId: v.variantId,
      sku: v.sku,
      previousSku: v.sku,
      options: v.options,
      ...to,
    },
  });
  const repriced = (v: Variant, amount: number): ProductEvent => ({
    type: 'VariantRepriced',
    data: { productId, variantId: v.variantId, price: usd(amount) },
  });

  it('are added', () => given(productDecider, listed).when(add(green)).gives(added(green)));
  it('are added once', () => given(productDecider, listed).when(add(blue)).isRefused('variant_exists'));
  it('are not added beyond the limit', () =>
    given(productDecider, [drafted, ...manyVariants(LIMITS.variants).map(added)])
      .when(add(variant(200, {}, null)))
      .isRefused('invalid', { kind: 'invalid' }));
  it('are not added in another currency', () =>
    given(productDecider, listed)
      .when(add({ ...green, price: money(1, 'EUR') }))
      .isRefused('currency_mismatch', invalid('/price/currency')));
  it('are not added with options that another has', () =>
    given(productDecider, listed)
      .when(add({ ...green, options: { colour: 'red' } }))
      .isRefused('duplicate_options', invalid('/options')));
  it('are not added with a SKU that another has', () =>
    given(productDecider, listed)
      .when(add({ ...green, sku: 'B-1' }))
      .isRefused('sku_taken', { pointer: '/sku' }));
  it('are not added with a SKU after its time', () =>
    given(productDecider, listed)
      .when(add(green, { skusValidUntil: NOW }), '2026-03-01T12:00:00.001Z')
      .isRefused('sku_claim_expired', { pointer: '/sku' }));
  it('change their SKU, and say which they gave up', () =>
    given(productDecider, listed)
      .when(revise(blue, { sku: 'B-2' }))
      .gives(revised(blue, { sku: 'B-2' })));
  it('give their SKU up with null', () =>
    given(productDecider, listed)
      .when(revise(blue, { sku: null }))
      .gives(revised(blue, { sku: null })));
  it('change price and options together', () =>
    given(productDecider, listed)
      .when(revise(red, { options: { colour: 'pink' }, price: usd(5) }))
      .gives(revised(red, { options: { colour: 'pink' } }), repriced(red, 5)));
  it('change their price alone', () =>
    given(productDecider, listed)
      .when(revise(red, { price: usd(5) }))
      .gives(repriced(red, 5)));
  it('change nothing where nothing differs', () =>
    given(productDecider, listed)
      .when(revise(blue, { sku: 'B-1', options: { colour: 'blue' }, price: usd(1999) }))
      .changesNothing());
  it('keep the SKU they have after the time to take one', () =>
    given(productDecider, listed)
      .when(revise(blue, { price: usd(5), skusValidUntil: NOW }), '2026-03-02T00:00:00.000Z')
      .gives(repriced(blue, 5)));
  it('do not take another SKU after its time', () =>
    given(productDecider, listed)
      .when(revise(blue, { sku: 'B-2', skusValidUntil: NOW }), '2026-03-02T00:00:00.000Z')
      .isRefused('sku_claim_expired'));
  it('do not take the options of another', () =>
    given(productDecider, listed)
      .when(revise(red, { options: { colour: 'blue' } }))
      .isRefused('duplicate_options', invalid('/options')));
  it('do not take the SKU of another', () =>
    given(productDecider, listed)
      .when(revise(red, { sku: 'B-1' }))
      .isRefused('sku_taken'));
  it('do not leave the currency of the others', () =>
    given(productDecider, listed)
      .when(revise(red, { price: money(1, 'EUR') }))
      .isRefused('currency_mismatch', invalid('/price/currency')));
  it('change their currency where they are alone', () =>
    given(productDecider, [drafted, added(blue)])
      .when(revise(blue, { price: money(5, 'EUR') }))
      .gives({ type: 'VariantRepriced', data: { productId, variantId: blue.variantId, price: money(5, 'EUR') } }));
  it('need to exist to be revised', () =>
    given(productDecider, listed)
      .when(revise(green, { price: usd(5) }))
      .isRefused('not_found', { kind: 'not_found' }));
  it('stand in the state as they were last revised', () => {
    const state = stateOf(productDecider, [...listed, revised(blue, { sku: 'B-2' }), repriced(blue, 5)]);
    expect(state).toMatchObject({ variants: [{ ...blue, sku: 'B-2', price: usd(5) }, red] });
  });
});

describe('images', () => {
  const image = { url: 'https://example.org/b.png', alt: 'back' };
  const add: ProductCommand = { type: 'AddImage', productId, image };
  const imageAdded: ProductEvent = { type: 'ProductImageAdded', data: { productId, ...image } };
  it('are added', () => given(productDecider, listed).when(add).gives(imageAdded));
  it('are not added beyond the limit', () =>
    given(productDecider, [...listed, ...Array.from({ length: LIMITS.images - 1 }, () => imageAdded)])
      .when(add)
      .isRefused('invalid', invalid('/images')));
});
