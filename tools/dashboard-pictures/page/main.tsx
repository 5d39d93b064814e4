import 'uplot/dist/uPlot.min.css'
import { ThemeContext } from '@grafana/data'
import { GlobalStyles } from '@grafana/ui'
import { createRoot } from 'react-dom/client'
import type { PictureData } from '../picture-data.ts'
import { framesOf, THEME } from './frames.ts'
import { PanelView, type DrawnPanel } from './panel.tsx'

const COLUMNS = 24
const ROW_HEIGHT = 36
const GAP = 8
const WIDTH = 1500

declare global {
  interface Window {
    /** Draws a dashboard; resolves when all of it is there. */
    drawDashboard: (data: PictureData) => Promise<void>
  }
}

window.drawDashboard = async (data) => {
  const drawn = await Promise.all(
    data.panels.map(async (panel) => ({ panel, frames: await framesOf(panel, data) })),
  )
  const root = document.createElement('div')
  document.body.replaceChildren(root)
  createRoot(root).render(<DashboardView data={data} drawn={drawn} />)
  // Graphs draw themselves when they have been laid out.
  for (let frame = 0; frame < 30; frame += 1) await nextFrame()
}

function DashboardView({ data, drawn }: { data: PictureData; drawn: readonly DrawnPanel[] }) {
  const rows = Math.max(...data.panels.map(({ place: { y, h } }) => y + h))
  return (
    <ThemeContext.Provider value={THEME}>
      <GlobalStyles />
      <div style={{ width: WIDTH, padding: 12, background: THEME.colors.background.canvas }}>
        <div style={{ display: 'flex', alignItems: 'baseline', gap: 24, marginBottom: 8 }}>
          <h3 style={{ margin: 0 }}>{data.title}</h3>
          {data.variables.map((text) => (
            <span key={text} style={{ color: THEME.colors.text.secondary }}>
              {text}
            </span>
          ))}
        </div>
        <div style={{ position: 'relative', height: rows * ROW_HEIGHT }}>
          {drawn.map((one, index) => (
            <Placed key={index} drawn={one} data={data} />
          ))}
        </div>
      </div>
    </ThemeContext.Provider>
  )
}

function Placed({ drawn, data }: { drawn: DrawnPanel; data: PictureData }) {
  const { place, type, title } = drawn.panel
  const column = (WIDTH - 24) / COLUMNS
  const size = { width: place.w * column - GAP, height: place.h * ROW_HEIGHT - GAP }
  return (
    <div
      style={{ position: 'absolute', left: place.x * column, top: place.y * ROW_HEIGHT, ...size }}
    >
      {type === 'row' ? (
        <h5 style={{ margin: '4px 0' }}>{title}</h5>
      ) : (
        <PanelView drawn={drawn} data={data} {...size} />
      )}
    </div>
  )
}

function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()))
}
