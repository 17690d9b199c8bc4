import { Catalog } from '../../../examples/shop/apps/catalog';
import { Checkout } from '../../../examples/shop/apps/checkout';
import { Messaging } from '../../../examples/shop/apps/messaging';
import { Orders } from '../../../examples/shop/apps/orders';
import { Storefront } from '../../../examples/shop/apps/storefront';
import { type Cluster, Environment, type Platform } from '../../../src';

const SIZES = { dev: 1, staging: 2, prod: 6 } as const;

/** The applications of `examples/shop`, in all of its environments; all on one cluster, where the example has two. */
export function shop(platform: Platform, cluster: Cluster, checkout?: string): void {
  let promotesFrom: Environment | undefined;
  for (const [name, replicas] of Object.entries(SIZES)) {
    const environment: Environment = new Environment(platform, name, { cluster, promotesFrom });
    const domain = name === 'prod' ? 'acme.example' : `${name}.acme.example`;
    new Messaging(environment);
    new Catalog(environment, { replicas });
    new Orders(environment);
    new Checkout(environment, { replicas, host: `checkout.${domain}`, image: name === 'dev' ? checkout : undefined });
    new Storefront(environment, { replicas, host: `www.${domain}` });
    promotesFrom = environment;
  }
}

/** Units of the shop, as operators call them. */
export const SHOP_UNITS = Object.keys(SIZES).flatMap((environment) =>
  ['messaging', 'catalog', 'orders', 'checkout', 'storefront'].map((name) => `${environment}.${name}`),
);
