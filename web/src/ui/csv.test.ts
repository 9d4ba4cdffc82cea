import { expect, it } from 'vitest'
import { csv } from './csv'

it('writes what spreadsheets read, and no formula', () => {
  expect(csv(['id', 'text', 'n'], [['a', 'plain', 1], ['b', 'say "hi", twice', -2], ['c', 'two\nlines', undefined]])).toBe('id,text,n\r\na,plain,1\r\nb,"say ""hi"", twice",-2\r\nc,"two\nlines",\r\n')
  for (const evil of ['=1+1', '+34600111222', '-2', '@cmd', '\t=1', '  =1', '\r=1', '=HYPERLINK("http://x")', '|calc', '%0A'])
    expect(csv(['x'], [[evil]]).split('\r\nx')[0].replace(/^x\r\n"?/, '').startsWith("'"), evil).toBe(true)
})
