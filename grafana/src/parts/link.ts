import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DashboardLink,
} from '@grafana/grafana-foundation-sdk/dashboard'

/** A link to a URL in a new tab. @param url may contain variables: `${api:raw}` */
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

/** Links to all dashboards with a tag, with time range and variables of this one. */
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

/** Removes the placement that the SDK sets, so that links and annotations appear at the top, not in a menu. */
export function inSight<T extends { placement?: unknown }>(part: T): T {
  const copy = { ...part }
  delete copy.placement
  return copy
}
