/** Lets promises run that wait for nothing but each other. */
export async function settle(): Promise<void> {
  for (let tick = 0; tick < 20; tick += 1) await Promise.resolve()
}
