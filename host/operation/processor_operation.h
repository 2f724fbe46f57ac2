// SPDX-License-Identifier: MIT
// What all operations on the processor have in common: operands and a result, placed by their
// roles, written, read, judged and checked. An operation says its job, and what the exact elements
// of a row are.
#pragma once
#include <limits>
#include <string>
#include <vector>

#include "firmware/elementwise/run_elementwise.h"
#include "host/operation/matrix_part.h"
#include "host/operation/operation.h"
#include "host/reference/exact_element.h"

namespace tessera::host {

class ProcessorOperation : public Operation {
  public:
    std::string input() const override { return "elements"; }
    std::string input_dtypes() const override;
    void place(MemoryMap& map) override;
    void write(const MemoryAccess& memory) const override;
    fw::DriverConfig driver(uint32_t device) const override;
    Platform::Program program(uint32_t device, const MemoryAccess& memory,
                              FirmwareOutcome& outcome) const override;
    std::vector<spec::Command> commands() const override { return {}; }
    std::vector<float> read(const MemoryAccess& memory) const override;
    TensorSpec output() const override;
    void read_operands(const MemoryAccess& memory) override;
    bool judges_by_operands(const std::vector<float>& y, const RunOutcome& outcome) const override;
    void judge(const std::vector<float>& y, const RunOutcome& outcome,
               Exactness& exactness) const override;
    double check_work() const override { return static_cast<double>(result_.elements()); }
    ElementErrors check(const std::vector<float>& y,
                        const std::function<void(double)>& progress) const override;
    std::string bound() const override;
    OperationWork work_by_formula() const override;
    std::vector<Figure> figures(const RunOutcome& outcome) const override;

  protected:
    explicit ProcessorOperation(const hw::PlatformConfig& config) : config_(config) {}

    /// Another operand, the first one first. Without elements it lies in a buffer. What bf16 does
    /// not have is rounded.
    void add_operand(const char* role, const MatrixPart& part, std::vector<float> elements);
    /// The result; its role is "y".
    void set_result(const MatrixPart& part) { result_ = part; }
    /// The order of elements of all operands and the result.
    void set_order(ElementOrder order) { order_ = order; }

    const std::vector<float>& elements(const char* role) const;
    /// An element of a bias or the like, or `otherwise` if there is none.
    double column_of(const char* role, uint64_t column, double otherwise) const;
    /// As firmware sees it; nothing if there is no such operand.
    fw::MatrixView view(const char* role) const;
    fw::MatrixView result_view() const { return result_.view(result_tensor_); }
    const MatrixPart& result() const { return result_; }
    const spec::DeviceParams& device() const { return config_.params; }

    /// Everything has its place: makes the job, and asks firmware for the rule that it breaks.
    virtual fw::JobRule make_job(const spec::DeviceParams& device) = 0;
    virtual fw::Status run(fw::Driver& driver, fw::Accounting* accounting) const = 0;
    /// All operands have their elements.
    virtual void prepare_check() {}
    /// The elements of row `row` of the result, in the host's order.
    virtual void exact_row(uint64_t row, std::vector<ExactElement>& y) const = 0;
    /// Elements of the operand that any device has to read at least once.
    virtual uint64_t compulsory_elements(const char* role, uint64_t all) const;

  private:
    struct OperandPlace {
        std::string role;
        MatrixPart part;
        std::vector<float> elements;
        fw::Tensor tensor;
    };
    const OperandPlace* find(const char* role) const;
    uint64_t row_elements() const;

    const hw::PlatformConfig config_;
    ElementOrder order_ = ElementOrder::kMatrix;
    std::vector<OperandPlace> operands_;
    MatrixPart result_;
    fw::Tensor result_tensor_;
    fw::DriverConfig driver_;
};

/// The same with firmware's job.
template <typename Job>
class JobOperation : public ProcessorOperation {
  public:
    std::optional<fw::ElementWork> processor_work() const override {
        return elementwise_work(job_, device());
    }

  protected:
    using ProcessorOperation::ProcessorOperation;

    /// The job as operands, result and options say.
    virtual Job job() const = 0;

  private:
    fw::JobRule make_job(const spec::DeviceParams& device) override {
        job_ = job();
        return check_elementwise_job(job_, device);
    }
    fw::Status run(fw::Driver& driver, fw::Accounting* accounting) const override {
        return fw::run_elementwise(job_, driver, accounting);
    }

    Job job_;
};

}  // namespace tessera::host
