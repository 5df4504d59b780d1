/** The read models a process has the code for, whatever they are built from, as what their generations are made of. */
import type { GenerationModel } from './generations.ts';
import { LANES } from './lanes.ts';
import { createIndexes, createTable } from './table.ts';
import type { DerivedModel, OutsideModel, Projection } from './types.ts';

export type Models = {
  readonly projections: readonly Projection[];
  readonly derived: readonly DerivedModel[];
  /** Derived models that other engines keep. */
  readonly outside?: readonly OutsideModel[];
  /** Views beside the rows, of which only the lease and the generation are in the database. */
  readonly views?: { readonly name: string } | undefined;
};

/** What a projection's generations are made of. */
export function modelOf(projection: Projection): GenerationModel {
  const { name, version, table } = projection;
  return {
    name,
    version,
    lanes: LANES,
    tables: [table],
    create: [createTable(projection)],
    indexes: createIndexes(projection),
  };
}

/** Of all read models, those before that others are built from. */
export function modelsOf({ projections, derived, outside = [], views }: Models): readonly GenerationModel[] {
  return [
    ...projections.map(modelOf),
    ...derived.map((model) => ({ ...model, lanes: 1 })),
    ...outside.map((model) => ({ ...model, lanes: 1, inPlace: true })),
    ...(views ? [{ name: views.name, version: 1, lanes: 1, tables: [], create: [], inPlace: true }] : []),
  ];
}
