/** Sum of a cart in cents, after a discount in percent for carts of three items and more. */
export function total(items, discountPercent = 0) {
  let sum = 0;
  for (const item of items) {
    sum += item.priceCents * item.quantity;
  }
  if (items.length > 3) {
    sum -= Math.round((sum * discountPercent) / 100);
  }
  return sum;
}

export function add(items, product, quantity = 1) {
  const existing = items.find((item) => item.id === product.id);
  if (existing) {
    existing.quantity += quantity;
    return items;
  }
  return [...items, { ...product, quantity }];
}
