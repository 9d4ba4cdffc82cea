import { expect, test } from 'vitest'
import { en } from '../i18n/en'
import { looks } from './status'

test('each state that has a word has an icon and a colour, and the other way round', () => {
  expect(Object.keys(looks).sort()).toEqual(Object.keys(en.state).sort())
})
