-- SPDX-License-Identifier: BSD-2-Clause
-- 100,000 rows, an index, and joins and groups over both.
CREATE TABLE item(id INTEGER PRIMARY KEY, parent INTEGER, name TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO item SELECT i, i * 7919 % 10007, 'name ' || hex(i * 104729 % 65537) FROM n;
CREATE INDEX by_parent ON item(parent);
CREATE INDEX by_name ON item(name);
SELECT count(*), sum(length(a.name || b.name)) FROM item a JOIN item b ON a.parent = b.id;
SELECT sum(length(names)) FROM (SELECT group_concat(name) AS names FROM item GROUP BY parent);
SELECT count(*) FROM (SELECT DISTINCT a.name FROM item a JOIN item b USING (parent) WHERE a.id < 20000);
UPDATE item SET name = name || parent WHERE id % 3 = 0;
DELETE FROM item WHERE id % 7 = 0;
SELECT count(*), max(name) FROM (SELECT name FROM item ORDER BY name);
