-- Orders and what was paid, by month.
SELECT date_trunc('month', o.created_at) AS month,
       count(*)                          AS orders,
       sum(p.amount_cents) / 100.0       AS revenue
FROM orders o
JOIN payments p ON p.order_id = o.id
WHERE p.status = 'captured'
GROUP BY 1
ORDER BY 1;
