import type { ServerResponse } from 'node:http'
import type { StreamSink } from './stream-client.ts'

/** The response of a request, its head already sent, as the end of a stream. */
export function createResponseSink(response: ServerResponse): StreamSink {
  return {
    get needsDrain() {
      return response.writableNeedDrain
    },
    write(chunks) {
      if (response.destroyed) return
      // One call of the system for all of them, without a copy.
      response.cork()
      for (const chunk of chunks) response.write(chunk)
      response.uncork()
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  }
}
