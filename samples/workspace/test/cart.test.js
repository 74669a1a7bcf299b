import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, total } from '../src/cart.js';

const item = (id, priceCents) => ({ id, priceCents, quantity: 1 });

test('adding a product twice raises its quantity', () => {
  const items = add(add([], { id: 'tea', priceCents: 400 }), { id: 'tea', priceCents: 400 });
  assert.equal(items.length, 1);
  assert.equal(items[0].quantity, 2);
});

test('three items get the discount', () => {
  assert.equal(total([item('tea', 400), item('cup', 900), item('pot', 2700)], 10), 3600);
});
