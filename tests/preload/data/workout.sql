-- SPDX-License-Identifier: BSD-2-Clause
-- sqlite3: 100,000 inserts, joins, indexes, text search, JSON, window functions, vacuum.
PRAGMA journal_mode = WAL;
PRAGMA cache_size = 500;
CREATE TABLE item(id INTEGER PRIMARY KEY, zone TEXT, size INT, note TEXT);
CREATE TABLE zone(name TEXT PRIMARY KEY, keg INT) WITHOUT ROWID;
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
  INSERT INTO item SELECT i, 'zone' || (i % 211), i * i % 10007, substr('abcdefghijklmnopqrstuvwxyz', 1, i % 27) FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 210)
  INSERT INTO zone SELECT 'zone' || i, i * 7 % 50 FROM n;
COMMIT;
SELECT count(*), sum(size), max(note) FROM item;
SELECT z.keg, count(*), sum(i.size) FROM item i JOIN zone z ON z.name = i.zone GROUP BY z.keg ORDER BY 3 DESC LIMIT 8;
CREATE INDEX by_size ON item(size, zone);
SELECT count(*) FROM item a JOIN item b ON a.size = b.size AND a.id < b.id WHERE a.id < 20000 AND b.id < 20000;
SELECT zone, size, rank() OVER (PARTITION BY zone ORDER BY size DESC, id) r FROM item WHERE id % 997 = 0 ORDER BY zone, r LIMIT 10;
UPDATE item SET note = note || '-' || upper(zone) WHERE id % 4 = 0;
DELETE FROM item WHERE id % 5 = 0;
SELECT count(*), sum(length(note)), count(DISTINCT zone) FROM item;
SELECT group_concat(size, ';') FROM (SELECT size FROM item ORDER BY size DESC, id LIMIT 15);
SELECT length(group_concat(note, ',')) FROM (SELECT note FROM item ORDER BY id);
SELECT sum(json_extract(j, '$.b[1]')) FROM (SELECT json_object('a', id, 'b', json_array(size, id % 10)) j FROM item WHERE id < 20000);
WITH RECURSIVE tree(i, path) AS (SELECT 1, '1' UNION ALL SELECT i * 2 + b, path || '/' || (i * 2 + b) FROM tree, (SELECT 0 b UNION SELECT 1) WHERE i < 2000)
  SELECT count(*), max(length(path)) FROM tree;
CREATE TRIGGER after_zone AFTER DELETE ON zone BEGIN DELETE FROM item WHERE zone = old.name; END;
DELETE FROM zone WHERE keg < 10;
CREATE VIEW heavy AS SELECT zone, sum(size) s FROM item GROUP BY zone HAVING s > 1000000;
SELECT count(*), min(s) FROM heavy;
ALTER TABLE item ADD COLUMN extra BLOB DEFAULT NULL;
UPDATE item SET extra = zeroblob(id % 3000) WHERE id % 50 = 1;
SELECT sum(length(extra)) FROM item;
PRAGMA integrity_check;
VACUUM;
ANALYZE;
SELECT count(*), sum(size) FROM item;
