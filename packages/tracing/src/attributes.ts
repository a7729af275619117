/** The attribute names that a tracer uses. */
export interface AttributeNames {
  readonly cacheOperation: string;
  readonly cacheName: string;
  readonly cacheKey: string;
  readonly cacheKeyHash: string;
  readonly cacheHit: string;
  readonly cachePolicy: string;
  readonly loadBalancerOperation: string;
  readonly loadBalancerService: string;
  readonly loadBalancerAlgorithm: string;
  readonly loadBalancerCandidates: string;
  readonly loadBalancerAttempt: string;
  readonly podIndex: string;
  readonly podState: string;
  readonly healthService: string;
  readonly healthPod: string;
  readonly healthSuccess: string;
  readonly healthConsecutiveFailures: string;
  readonly linkOutcome: string;
  readonly uid: string;
  readonly uidHash: string;
  readonly service: string;
  readonly errorType: string;
}

/** Attribute names of this package, where the semantic conventions have none. */
export const attributeNames: AttributeNames = Object.freeze({
  cacheOperation: "route.cache.operation",
  cacheName: "route.cache.name",
  cacheKey: "route.cache.key",
  cacheKeyHash: "route.cache.key.hash",
  cacheHit: "route.cache.hit",
  cachePolicy: "route.cache.policy",
  loadBalancerOperation: "route.lb.operation",
  loadBalancerService: "route.lb.service",
  loadBalancerAlgorithm: "route.lb.algorithm",
  loadBalancerCandidates: "route.lb.candidates",
  loadBalancerAttempt: "route.lb.attempt",
  podIndex: "route.pod.index",
  podState: "route.pod.state",
  healthService: "route.health.service",
  healthPod: "route.pod.index",
  healthSuccess: "route.health.success",
  healthConsecutiveFailures: "route.health.consecutive_failures",
  linkOutcome: "route.link.outcome",
  uid: "route.uid",
  uidHash: "route.uid.hash",
  service: "route.service",
  errorType: "error.type",
});

/** The names of the Go design, for dashboards that were built on them. */
export const legacyAttributeNames: AttributeNames = Object.freeze({
  ...attributeNames,
  cacheOperation: "cache.operation",
  cacheName: "cache.name",
  cacheKey: "cache.key",
  cacheKeyHash: "cache.key",
  cacheHit: "cache.hit",
  loadBalancerOperation: "loadbalancer.operation",
  loadBalancerService: "loadbalancer.service",
  loadBalancerCandidates: "loadbalancer.pod_count",
  healthService: "healthcheck.service",
  healthPod: "healthcheck.pod_id",
  healthSuccess: "healthcheck.success",
});
