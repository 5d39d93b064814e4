import type { Exchange } from '../exchange.ts'
import type { ReplayOptions } from '../options.ts'
import type { Random } from '../random.ts'
import { ChannelBooks } from './channel-books.ts'
import { Player, type PlayerDeps } from './player.ts'
import { parseRecording, readRecording } from './recording.ts'

export interface ReplayDeps extends Omit<PlayerDeps, 'recording' | 'books'> {
  exchange: Exchange
  random: Random
}

/**
 * Loads a recording and adds its instruments to the exchange.
 * @throws AppError `ERR_USAGE` where it cannot be read
 */
export function createReplay(options: ReplayOptions, deps: ReplayDeps): Player {
  const recording =
    options.file === undefined
      ? parseRecording(options.lines ?? [], 'lines')
      : readRecording(options.file)
  const books = new ChannelBooks(recording, deps.exchange, deps.random)
  return new Player(
    {
      speed: options.speed ?? 1,
      isStepped: options.isStepped ?? false,
      isLooped: options.isLooped ?? false,
      keepsTime: options.keepsTime ?? false,
    },
    { ...deps, recording, books },
  )
}
