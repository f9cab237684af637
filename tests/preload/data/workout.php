<?php
// SPDX-License-Identifier: BSD-2-Clause
// Strings, arrays and objects of PHP's own heap, and the extensions, whose libraries use malloc.

class Node {
  public array $children = [];
  public function __construct(public string $name, public int $value) {}
}

function grow(int $depth): Node {
  $node = new Node("node $depth", $depth * 7);
  for ($i = 0; $i < 3 && $depth > 0; $i++) $node->children[] = grow($depth - 1);
  return $node;
}

function document(int $items): DOMDocument {
  $document = new DOMDocument('1.0', 'UTF-8');
  $root = $document->appendChild($document->createElement('list'));
  for ($i = 0; $i < $items; $i++) {
    $item = $document->createElement('item', "größe $i");
    $item->setAttribute('id', (string)$i);
    $root->appendChild($item);
  }
  return $document;
}

printf("tree %s\n", md5(serialize(grow(7))));

$document = document(2000);
$text = $document->saveXML();
printf("xml %d %s\n", strlen($text), md5($text));
$simple = simplexml_load_string($text);
printf("simplexml %d %s\n", count($simple->item), $simple->item[1999]);
$found = (new DOMXPath($document))->query('//item[@id mod 100 = 7]');
foreach ($found as $item) printf("xpath %s %s\n", $item->getAttribute('id'), $item->textContent);

$reader = new XMLReader();
$reader->XML($text);
for ($nodes = 0; $reader->read(); $nodes++);
printf("reader %d\n", $nodes);

foreach (['UTF-16LE', 'ISO-8859-1', 'SJIS'] as $encoding) {
  $converted = mb_convert_encoding(str_repeat('straße ', 500), $encoding, 'UTF-8');
  printf("mbstring %s %s\n", $encoding, md5($converted));
}
printf("iconv %s\n", bin2hex(iconv('UTF-8', 'UTF-16BE', 'größe')));

$data = range(1, 5000);
printf("json %s\n", md5(json_encode(array_map(fn($n) => ['n' => $n, 's' => str_repeat('x', $n % 97)], $data))));
preg_match_all('/größe (\d+)5</u', $text, $matches);
printf("pcre %d %s\n", count($matches[1]), end($matches[1]));
printf("zlib %d\n", strlen(gzuncompress(gzcompress($text, 9))));

$broken = @simplexml_load_string('<a><b></a>');
printf("broken %s\n", var_export($broken, true));
for ($i = 0; $i < 200; $i++) document(50)->saveXML();
unset($document, $simple);
printf("cycles %d\n", gc_collect_cycles());
