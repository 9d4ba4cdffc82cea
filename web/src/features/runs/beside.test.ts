import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { beside } from './beside'

test('the runs beside one are those of the list that was looked at last', () => {
  const client = new QueryClient()
  const list = (...pages: string[][]) => ({ pages: pages.map((ids) => ({ items: ids.map((id) => ({ id })) })), pageParams: [] })
  client.setQueryData(['runs', {}], list(['a', 'b'], ['c']), { updatedAt: 1 })
  client.setQueryData(['runs', { status: 'failed' }], list(['b', 'd']), { updatedAt: 2 })
  client.setQueryData(['runs', 'b'], { id: 'b' })
  expect(beside(client, 'b')).toEqual({ previous: undefined, next: 'd' })
  expect(beside(client, 'c')).toEqual({ previous: 'b', next: undefined })
  expect(beside(client, 'z')).toEqual({ previous: undefined, next: undefined })
})
