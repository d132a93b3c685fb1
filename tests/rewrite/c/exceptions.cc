// SPDX-License-Identifier: Apache-2.0
// Landing pads, virtual calls, static initialisers and COMDAT sections.
#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square final : Shape {
  explicit Square(double side) : side_(side) {}
  double area() const override { return side_ * side_; }
  double side_;
};

static std::map<std::string, std::unique_ptr<Shape>> shapes;
thread_local std::vector<int> numbers;

double total() {
  double sum = 0;
  for (const auto& [name, shape] : shapes) {
    if (!shape) throw std::runtime_error("no shape: " + name);
    sum += shape->area();
  }
  return sum;
}

int guarded(const std::string& name, double side) noexcept {
  try {
    shapes[name] = std::make_unique<Square>(side);
    std::sort(numbers.begin(), numbers.end(), [](int a, int b) { return a > b; });
    return static_cast<int>(total());
  } catch (const std::runtime_error& error) {
    return static_cast<int>(error.what()[0]);
  } catch (...) {
    numbers.push_back(1);
    return -1;
  }
}
