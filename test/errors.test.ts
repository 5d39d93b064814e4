import { createServer } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { AppError, messageOf } from '../src/errors.ts'

describe('the message of an error', () => {
  it.each<[string, unknown, string]>([
    ['is its own', new Error('broken'), 'broken'],
    ['is a text that was thrown', 'broken', 'broken'],
    ['is that of an object that is no error', { message: 'broken' }, 'broken'],
    [
      'is the code where there is no message',
      Object.assign(new Error(''), { code: 'EPIPE' }),
      'EPIPE',
    ],
    ['is the name where there is nothing else', new TypeError(''), 'TypeError'],
    ['is never empty', {}, 'unknown error'],
    ['has the cause', new Error('cannot read', { cause: new Error('EIO') }), 'cannot read: EIO'],
    [
      'says a cause once',
      new Error('cannot read: EIO', { cause: new Error('EIO') }),
      'cannot read: EIO',
    ],
    [
      'follows causes',
      new Error('a', { cause: new Error('b', { cause: new Error('c') }) }),
      'a: b: c',
    ],
    [
      'has each attempt of an aggregate without a message',
      new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')], ''),
      'connect ::1; connect 127.0.0.1',
    ],
    [
      'has the errors of an aggregate with a message',
      Object.assign(new Error('Topic creation errors'), { errors: [new Error('invalid factor')] }),
      'Topic creation errors: invalid factor',
    ],
    [
      'names a reason that many attempts share once',
      new AggregateError([new Error('refused'), new Error('refused')], 'no address works'),
      'no address works: refused',
    ],
    [
      'does not end where a library lost the reason',
      new Error('Connection error: ', { cause: new Error('refused') }),
      'Connection error: refused',
    ],
    [
      'does not repeat what its cause says more fully',
      new AppError('ERR_TOPIC_SEND', 'refused', { cause: new Error('connect: refused') }),
      'connect: refused',
    ],
  ])('%s', (_what, thrown, message) => {
    expect(messageOf(thrown)).toBe(message)
  })

  it('ends, however deep or wide or long the reasons are, and whatever was thrown', () => {
    const circular = new Error('a')
    circular.cause = new Error('b', { cause: circular })
    expect(messageOf(circular)).toBe('b: a')
    const wide = new AggregateError(
      Array.from({ length: 1000 }, (_, index) => new Error(`e${index}`)),
      '',
    )
    expect(messageOf(wide)).toBe('e0; e1; e2; e3; e4')
    expect(messageOf(new Error('x'.repeat(10_000)))).toHaveLength(1000)
    expect(messageOf(Object.create(null))).toBe('unknown error')
    const hostile = Object.defineProperty({}, 'message', {
      get: () => {
        throw new Error('no')
      },
    })
    expect(messageOf(hostile)).toBe('unreadable error')
    for (const thrown of [null, undefined, 0, Symbol('s'), () => undefined]) {
      expect(messageOf(thrown)).not.toBe('')
    }
  })

  it('names every address of a name that Node tried', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    server.close()
    await once(server, 'close')
    const socket = connect({
      host: 'two.example',
      port,
      lookup: (_name, _options, callback) => {
        callback(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ])
      },
    })
    const [error] = (await once(socket, 'error')) as [Error]
    // This is why the reason was lost.
    expect(error.message).toBe('')
    expect(messageOf(error)).toBe(
      `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`,
    )
  })
})
