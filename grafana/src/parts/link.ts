import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DashboardLink,
} from '@grafana/grafana-foundation-sdk/dashboard'

/** To an address, in a window of its own. @param url may hold variables: `${api:raw}` */
export function urlLink(title: string, url: string, icon = ''): DashboardLink {
  return inSight(
    new DashboardLinkBuilder(title)
      .type(DashboardLinkType.Link)
      .icon(icon)
      .url(url)
      .targetBlank(true)
      .build(),
  )
}

/** To all dashboards with a tag, with the time and the variables of this one. */
export function dashboardsLink(tag: string): DashboardLink {
  return inSight(
    new DashboardLinkBuilder('Dashboards')
      .type(DashboardLinkType.Dashboards)
      .tags([tag])
      .includeVars(true)
      .keepTime(true)
      .build(),
  )
}

/** The SDK puts links and annotations into a menu that nobody opens; without a place they are at the top. */
export function inSight<T extends { placement?: unknown }>(part: T): T {
  const copy = { ...part }
  delete copy.placement
  return copy
}
