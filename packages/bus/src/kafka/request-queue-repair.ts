import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

const { scheduleCheckPendingRequests } = RequestQueue.prototype

/**
 * kafkajs 2.2.4 sets a timer of negative length for every connection that has nothing to do: a loop that runs each
 * millisecond, and on Node 24 and later a warning (tulios/kafkajs #1751). A queue that is empty and not throttled
 * needs no timer: `push` sets one when it has to wait.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) scheduleCheckPendingRequests.call(this)
}
