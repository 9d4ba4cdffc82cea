import { expect, it } from 'vitest'
import { indented } from './json'

it.each([
  ['{}', '{}'],
  ['[ ]', '[]'],
  ['{"a":1,"b":[true,null]}', '{\n  "a": 1,\n  "b": [\n    true,\n    null\n  ]\n}'],
  ['{"id":820982911946154508.10}', '{\n  "id": 820982911946154508.10\n}'],
  ['["a, {b}: \\"c\\" [", "{", 1e400]', '[\n  "a, {b}: \\"c\\" [",\n  "{",\n  1e400\n]'],
  ['[[[]],{"a":{}}]', '[\n  [\n    []\n  ],\n  {\n    "a": {}\n  }\n]'],
  ['a=1&b=2', 'a=1&b=2'],
  ['{"a":', '{"a":'],
  ['"x"', '"x"'],
])('%s', (text, want) => {
  expect(indented(text)).toBe(want)
})
