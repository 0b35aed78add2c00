/** A plan made ready for selling: who is who and what costs what, by key. One object per plan, never changed. */
import type { OperatorId, ProductId, StandId, TillId } from '@pulsera/firmware-protocol/ids';
import {
  type Plan,
  type PlanOperator,
  type PlanProduct,
  type PlanTill,
  standCatalogue,
} from '@pulsera/firmware-protocol/wire/plan';
import type { z } from 'zod';

export type Operator = z.infer<typeof PlanOperator>;

export class SellingPlan {
  readonly plan: Plan;
  readonly #products: ReadonlySet<ProductId>;
  readonly #tills: ReadonlyMap<TillId, PlanTill>;
  readonly #staff: ReadonlyMap<OperatorId, Operator>;
  readonly #catalogues = new Map<StandId, ReadonlyMap<ProductId, PlanProduct>>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.#products = new Set(plan.products.map(({ id }) => id));
    this.#tills = new Map(plan.tills.map(till => [till.id, till]));
    this.#staff = new Map(plan.staff.map(operator => [operator.id, operator]));
  }

  till(id: TillId): PlanTill | undefined {
    return this.#tills.get(id);
  }

  operator(id: OperatorId): Operator | undefined {
    return this.#staff.get(id);
  }

  /** At the price it has at that stand; undefined when it isn't sold there. */
  product(stand: StandId, id: ProductId): PlanProduct | undefined {
    return this.#catalogue(stand).get(id);
  }

  /** Whether any stand sells it. */
  knows(id: ProductId): boolean {
    return this.#products.has(id);
  }

  #catalogue(stand: StandId): ReadonlyMap<ProductId, PlanProduct> {
    const made = this.#catalogues.get(stand) ?? standCatalogue(this.plan, stand);
    this.#catalogues.set(stand, made);
    return made;
  }
}
