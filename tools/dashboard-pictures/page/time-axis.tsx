import type { PictureData } from '../picture-data.ts'

const LABELS = 6

/** Times below a plot. */
export function TimeAxis({
  data,
  left,
  width,
}: {
  data: PictureData
  left: number
  width: number
}) {
  const { fromSeconds, toSeconds } = data
  return (
    <>
      {[...Array(LABELS).keys()].map((index) => {
        const share = (index + 0.5) / LABELS
        const seconds = fromSeconds + share * (toSeconds - fromSeconds)
        return (
          <text key={index} x={left + share * width} y={14} fontSize={11} textAnchor="middle">
            {new Date(seconds * 1000).toISOString().slice(11, 19)}
          </text>
        )
      })}
    </>
  )
}
