// Memory that is given back at the end of its block; where there is none left, what asks for it says so.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

namespace waterplan {

template <class T>
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(int64_t count) { resize(count); }
    ~Buffer() { free(data_); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    // Whether there is room for so many; what stood there stays.
    bool resize(int64_t count) {
        if (count <= room_) return true;
        const int64_t room = count > 2 * room_ ? count : 2 * room_;
        void* wider = realloc(data_, static_cast<size_t>(room) * sizeof(T));
        if (wider == nullptr) return false;
        data_ = static_cast<T*>(wider);
        room_ = room;
        return true;
    }
    bool holds(int64_t count) const { return room_ >= count; }
    T* data() const { return data_; }
    T& operator[](int64_t place) const { return data_[place]; }
    T* release() {
        T* data = data_;
        data_ = nullptr;
        room_ = 0;
        return data;
    }

  private:
    T* data_ = nullptr;
    int64_t room_ = 0;
};

// A list that grows; after a failed append it stays as it was.
template <class T>
struct List {
    Buffer<T> items;
    int64_t count = 0;

    bool append(const T* first, int64_t more) {
        if (!items.resize(count + more)) return false;
        if (more > 0) memcpy(items.data() + count, first, static_cast<size_t>(more) * sizeof(T));
        count += more;
        return true;
    }
    bool append(T item) { return append(&item, 1); }
    T& operator[](int64_t place) const { return items[place]; }
};

// An array that Python copies and then gives back to waterplan_release.
struct Column {
    void* data;
    int64_t count;
};

template <class T>
Column handed_over(List<T>& list) {
    const int64_t count = list.count;
    list.count = 0;
    return {list.items.release(), count};
}

}  // namespace waterplan
