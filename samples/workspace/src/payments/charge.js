import { total } from '../cart.js';

/** Charges a customer's card once: the order's id is the key that makes a repeated call harmless. */
export async function charge(gateway, order) {
  const amountCents = total(order.items, order.discountPercent);
  const receipt = await gateway.charge({
    amountCents,
    card: order.customer.card,
    idempotencyKey: order.id,
  });
  return { ...order, paid: receipt.ok, receiptId: receipt.id };
}
