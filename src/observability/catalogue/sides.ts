export const SIDES = ['bid', 'ask'] as const
