import { describe, expect, it } from 'vitest'
import { readChoices } from './accept'

describe('readChoices', () => {
  it('reads one choice a line', () => {
    expect(readChoices('yes: yes, sí , 1\n\nno: no')).toEqual({ yes: ['yes', 'sí', '1'], no: ['no'] })
  })
  it('keeps what is half written', () => {
    expect(readChoices('yes')).toEqual({ yes: [] })
    expect(readChoices('time: 10:30')).toEqual({ time: ['10:30'] })
  })
})
