import Glibc

/// A lock with something to wait for, as NSCondition is, but for how long a wait may take: that goes by a clock which nobody can set. With the time of
/// day, a clock set back by ten minutes makes a wait of a tenth of a second ten minutes long.
// SAFETY: the two are made in `init`, stay at one address, and may be used by any thread.
final class Condition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }

    func unlock() { pthread_mutex_unlock(mutex) }

    /// Of those who wait, all.
    func broadcast() { pthread_cond_broadcast(condition) }

    /// Unlocked meanwhile. May end without a reason.
    func wait() { pthread_cond_wait(condition, mutex) }

    /// When a wait of so many seconds from now would end.
    static func deadline(in seconds: Double) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let nanoseconds = Int64(min(max(seconds, 0), 1e9) * 1e9) + Int64(time.tv_nsec)
        return timespec(tv_sec: time.tv_sec + Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }

    /// False once the deadline has passed.
    func wait(until deadline: timespec) -> Bool {
        var deadline = deadline
        return pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT
    }
}
